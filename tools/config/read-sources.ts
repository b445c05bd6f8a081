// Reads the YAML files that a command names; `-` is standard input.

import { isUtf8 } from 'node:buffer';
import { createReadStream, existsSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';

export interface ConfigSource {
	/** The name in positions: the file's path, or a name for standard input. */
	readonly name: string;
	readonly text: string;
}

export const standardInputName = '<stdin>';

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EISDIR: 'it is a directory; name the YAML file in it',
	EACCES: 'you may not read it',
};

export async function readSources(files: readonly string[]): Promise<ConfigSource[]> {
	const twice = files.find((name, index) => files.indexOf(name) !== index);
	if (twice !== undefined)
		throw new SlipwayError('BAD_CONFIG', `${twice} is given twice. Name each file once.`);
	return await Promise.all(
		files.map(async (name) => {
			if (name === '-') {
				return {
					name: standardInputName,
					text: utf8(standardInputName, await read(standardInputName, process.stdin)),
				};
			}
			try {
				return { name, text: utf8(name, await read(name, createReadStream(name))) };
			} catch (cause) {
				if (cause instanceof SlipwayError) throw cause;
				const { code = '', message } = cause as NodeJS.ErrnoException;
				const hint = code === 'ENOENT' ? hintFor(name) : '';
				throw new SlipwayError('NO_FILE', `${name}: ${reasons[code] ?? message}.${hint}`, { cause });
			}
		}),
	);
}

/** The name of a system is often typed for its file. */
function hintFor(name: string): string {
	const found = ['.yml', '.yaml'].map((ending) => `${name}${ending}`).find((file) => existsSync(file));
	return found === undefined ? '' : ` Did you mean ${found}?`;
}

/** Exceeds the bytes of the longest text that `parseYaml` accepts. */
const maxBytes = 16 * 2 ** 20;

async function read(name: string, stream: AsyncIterable<Buffer>): Promise<Buffer> {
	const parts: Buffer[] = [];
	let bytes = 0;
	for await (const part of stream) {
		parts.push(part);
		bytes += part.length;
		if (bytes > maxBytes) {
			throw new SlipwayError('BAD_CONFIG', `${name}:1:1: More than ${maxBytes / 2 ** 20} MB of YAML.`);
		}
	}
	return Buffer.concat(parts);
}

/** Refuses bytes that are not UTF-8: they would be read as other letters. */
function utf8(name: string, bytes: Buffer): string {
	if (isUtf8(bytes)) return bytes.toString('utf8');
	const lines = bytes.toString('latin1').split('\n');
	const line = lines.findIndex((each) => !isUtf8(Buffer.from(each, 'latin1')));
	throw new SlipwayError(
		'BAD_CONFIG',
		`${name}:${line + 1}:1: this line is not UTF-8, as YAML files must be.`,
	);
}
