// The texts of the YAML files that a command names; `-` is standard input.

import { readFile } from 'node:fs/promises';
import { SlipwayError } from '../commands/command.ts';

export interface ConfigSource {
	/** For positions: the file's path, or that of the standard input. */
	readonly name: string;
	readonly text: string;
}

export const standardInputName = '<stdin>';

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EISDIR: 'it is a folder; name the YAML file in it',
	EACCES: 'you may not read it',
};

export async function readSources(files: readonly string[]): Promise<ConfigSource[]> {
	return await Promise.all(
		files.map(async (name) => {
			if (name === '-') return { name: standardInputName, text: await standardInput() };
			try {
				return { name, text: await readFile(name, 'utf8') };
			} catch (cause) {
				const { code = '', message } = cause as NodeJS.ErrnoException;
				throw new SlipwayError('NO_FILE', `${name}: ${reasons[code] ?? message}.`, { cause });
			}
		}),
	);
}

async function standardInput(): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of process.stdin) parts.push(part as Buffer);
	return Buffer.concat(parts).toString('utf8');
}
