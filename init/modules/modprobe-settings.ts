// Reads modprobe.d(5): `options`, `blacklist`, `alias`, `softdep` and `install` lines. A command of an `install` line is never
// run: `/bin/true` and `/bin/false`, which disable a module, have their effect, and other commands have none.

import { basename } from 'node:path';
import { namesIn } from '../../native/linux/names-in.ts';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { AliasIndex } from './alias-index.ts';
import { normalName } from './module-name.ts';

/** As kmod has them, the first one preferred. native/helper/module-index.c has the same list. */
export const modprobeFolders = [
	'/etc/modprobe.d',
	'/run/modprobe.d',
	'/usr/local/lib/modprobe.d',
	'/usr/lib/modprobe.d',
	'/lib/modprobe.d',
] as const;

/** All names of modules have `_` for `-`. */
export interface ModprobeSettings {
	/** By module. */
	readonly options: ReadonlyMap<string, string>;
	readonly blacklist: ReadonlySet<string>;
	/** The modules with an `install` line that loads nothing, and whether that counts as a failure. */
	readonly disabled: ReadonlyMap<string, 'true' | 'false'>;
	readonly aliases: AliasIndex;
	/** Lines such as `softdep NAME pre: A post: B`. */
	readonly softDependencies: readonly string[];
}

/** Reads only the first of files with the same name in several folders. Missing folders are empty. */
export function readModprobeSettings(folders: readonly string[]): ModprobeSettings {
	const options = new Map<string, string>();
	const blacklist = new Set<string>();
	const disabled = new Map<string, 'true' | 'false'>();
	const aliases: string[] = [];
	const softDependencies: string[] = [];
	for (const path of filesIn(folders)) {
		for (const line of linesOf(path)) {
			const [keyword, given = '', ...rest] = line.split(/\s+/);
			const name = normalName(given);
			if (keyword === 'blacklist') blacklist.add(name);
			if (keyword === 'options') options.set(name, [options.get(name) ?? [], ...rest].flat().join(' '));
			if (keyword === 'alias') aliases.push(['alias', given, ...rest].join(' '));
			if (keyword === 'softdep') softDependencies.push(line);
			const program = basename(rest[0] ?? '');
			if (keyword === 'install' && (program === 'true' || program === 'false')) disabled.set(name, program);
		}
	}
	return { options, blacklist, disabled, aliases: new AliasIndex(aliases.join('\n')), softDependencies };
}

function filesIn(folders: readonly string[]): string[] {
	const paths = new Map<string, string>();
	for (const folder of folders) {
		for (const name of namesIn(folder))
			if (name.endsWith('.conf') && !paths.has(name)) paths.set(name, `${folder}/${name}`);
	}
	return [...paths.keys()].sort().flatMap((name) => paths.get(name) ?? []);
}

/** A `\` at the end joins a line to the next one. */
function linesOf(path: string): string[] {
	return readTextOrEmpty(path)
		.replaceAll('\\\n', '')
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '' && !line.startsWith('#'));
}
