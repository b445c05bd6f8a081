// Variables in values of YAML files: `${NAME}`, and `${NAME:-default}` with a default for a variable that is unset or empty,
// as in the shell (POSIX, 2.6.2 Parameter Expansion) and in Docker's Compose files. `$${` is a literal `${`, and so is
// `\u0024{` in double quotes, which other readers of the file understand too.

import { readFile } from 'node:fs/promises';
import { SlipwayError, UsageError } from '../errors.ts';

export type Variables = ReadonlyMap<string, string>;

/** An escape of YAML or JSON for the dollar sign before a brace, or any other escape. */
const escapes = /\\(?:(x24|u0024|U00000024)(?=\{)|[\s\S])/g;

/** Returns the source of a text in double quotes with `$${` for each escaped `${`. */
export function withLiteralDollars(source: string): string {
	return source.replace(escapes, (whole, dollar: string | undefined) =>
		dollar === undefined ? whole : '$$',
	);
}

const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces the variables in a text. Returns a sentence for each that cannot be replaced. */
export function substitute(text: string, variables: Variables): { text: string; problems: string[] } {
	const problems: string[] = [];
	const replaced = text.replaceAll(
		/\$\$\{|\$\{([^}]*)(\}?)/g,
		(whole, inside: string | undefined, end: string) => {
			if (inside === undefined) return '${';
			const [, name = '', fallback] = /^(.*?)(?::-(.*))?$/s.exec(inside) ?? [];
			if (end === '' || !nameForm.test(name)) {
				problems.push(
					`"${whole}" is not a variable. Expected \${NAME} or \${NAME:-default}; $\${ means \${ itself.`,
				);
				return '';
			}
			const value = variables.get(name);
			if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
			if (value !== undefined) return value;
			problems.push(
				`The variable ${name} is not set. Give it by --var ${name}=VALUE or --env-file, or a default by ` +
					`\${${name}:-default}; $\${${name}} means \${${name}} itself.`,
			);
			return '';
		},
	);
	return { text: replaced, problems };
}

/**
 * @param given - `NAME=VALUE` each, from `--var`; they take precedence over the files
 * @param files - paths from `--env-file`; a later file takes precedence
 */
export async function readVariables(given: readonly string[], files: readonly string[]): Promise<Variables> {
	const variables = new Map<string, string>();
	for (const file of files) {
		for (const [name, value] of await readEnvFile(file)) variables.set(name, value);
	}
	for (const each of given) {
		const [name, value] = split(each);
		if (value === null || !nameForm.test(name)) {
			throw new UsageError(`--var ${each}: expected NAME=VALUE, for example --var PORT=6379.`);
		}
		variables.set(name, value);
	}
	return variables;
}

/** Reads a file as `docker run --env-file` does: one NAME=VALUE a line, quotes kept. NAME alone is taken from the environment. */
async function readEnvFile(file: string): Promise<[string, string][]> {
	const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
		const why = cause.code === 'ENOENT' ? 'there is no such file' : `it can't be read: ${cause.message}`;
		throw new SlipwayError('NO_FILE', `--env-file ${file}: ${why}.`, { cause });
	});
	return text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
		const trimmed = line.trimStart();
		if (trimmed === '' || trimmed.startsWith('#')) return [];
		const [name, value] = split(trimmed);
		if (!nameForm.test(name)) {
			throw new SlipwayError('BAD_INPUT', `${file}:${index + 1}:1: expected NAME=VALUE, found "${line}".`);
		}
		const own = value ?? process.env[name];
		return own === undefined ? [] : [[name, own]];
	});
}

function split(text: string): [name: string, value: string | null] {
	const at = text.indexOf('=');
	return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
