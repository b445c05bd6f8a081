// Checks that the files of this machine which `files:` names are there, before images are pulled and anything is packed.

import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigError, type Problem } from '../config/config-error.ts';
import type { ConfigSource } from '../config/read-sources.ts';
import type { FileConfig, SystemConfig } from '../config/system-config.ts';
import { valuePositions } from '../config/value-position.ts';
import { sourcePath } from '../files/home-folder.ts';

/** Throws a `ConfigError` with all sources that are not there. */
export async function requireSources(config: SystemConfig, sources: readonly ConfigSource[]): Promise<void> {
	const problems = await sourceProblems(config, sources);
	if (problems.length > 0) throw new ConfigError(problems);
}

export async function sourceProblems(
	{ files }: SystemConfig,
	sources: readonly ConfigSource[],
): Promise<Problem[]> {
	const texts = new Map(sources.map(({ name, text }) => [name, { text, find: valuePositions(text) }]));
	const problems: Problem[] = [];
	for (const file of files) {
		const message = await sourceProblem(file);
		if (message === null) continue;
		const text = texts.get(file.at.file);
		const at = text?.find(file.at, ['source']) ?? file.at;
		problems.push({ at, message, excerpt: text?.text.split(/\r?\n/)[at.line - 1] ?? '' });
	}
	return problems;
}

async function sourceProblem({ source = '', optional, at }: FileConfig): Promise<string | null> {
	if (source === '') return null;
	// As system/files-section.ts finds it.
	const path = sourcePath(source);
	const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
	if (!(found instanceof Error))
		return found.isDirectory() ? `source: ${source} is a directory, not a file.` : null;
	// What may be absent may be there and not be readable, which packing says.
	if (optional === true) return null;
	if (found.code !== 'ENOENT') return `source: ${source} can't be read: ${found.message}.`;
	const beside = join(dirname(at.file), source);
	const isBeside = !/^[/~]/.test(source) && (await stat(beside).catch(() => null)) !== null;
	const hint = isBeside
		? `Did you mean "${relative('', beside) || basename(beside)}"?`
		: 'Write "optional: true" if it may be absent.';
	return /^[/~]/.test(source)
		? `source: there is no file ${source}. ${hint}`
		: `source: there is no file ${path}. A relative path begins at the working directory. ${hint}`;
}
