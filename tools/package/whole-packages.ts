// Takes Debian packages whole, with the packages that they depend on, as an installation would: without documentation, and without
// what only maintainer scripts need, which do not run.

import type { DebianTree } from './debian-tree.ts';
import type { PackageFiles } from './package-files.ts';
import type { PackageSource } from './package-source.ts';

/** Dependencies of maintainer scripts. A recipe can take one of them by its name. */
const forScriptsOnly: ReadonlySet<string> = new Set([
	...[
		'adduser',
		'cdebconf',
		'debconf',
		'debconf-2.0',
		'dpkg',
		'init-system-helpers',
		'install-info',
		'libdebconfclient0',
	],
	...['lsb-base', 'sensible-utils', 'sysvinit-utils', 'ucf', 'update-motd'],
]);

const documentation = /^usr\/share\/(?:bug|doc|doc-base|info|lintian|locale|man|menu)(?:\/|$)/;

/** Adds all files of a package but its documentation. */
export function takeWhole(tree: DebianTree, files: PackageFiles): void {
	for (const [path, entry] of tree.entries) {
		if (entry.header.kind !== 'directory' && !documentation.test(path)) files.addPackaged(path, entry);
	}
}

/**
 * Returns the names of the packages that a package depends on, directly and indirectly. Of alternatives the first one that exists
 * is taken, as apt does; a virtual package has no name of its own and is left out.
 */
export async function dependenciesOf(name: string, source: PackageSource): Promise<readonly string[]> {
	const found = new Set([name]);
	let wave = [name];
	while (wave.length > 0) {
		const packages = await source.candidates(wave);
		const clauses = [...packages.values()].flatMap(({ depends }) => parseDepends(depends));
		const known = await source.candidates([...new Set(clauses.flat())]);
		const next = new Set<string>();
		for (const alternatives of clauses) {
			if (alternatives.some((each) => forScriptsOnly.has(each) || found.has(each))) continue;
			const chosen = alternatives.find((each) => known.has(each));
			if (chosen !== undefined) next.add(chosen);
		}
		for (const each of next) found.add(each);
		wave = [...next];
	}
	found.delete(name);
	return [...found];
}

/** Parses a field such as `libc6 (>= 2.36), a | b:any` (Debian Policy 7.1): the alternatives of each clause. */
export function parseDepends(depends: string): readonly (readonly string[])[] {
	return depends
		.split(',')
		.map((clause) => clause.split('|').flatMap((each) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(each)?.[1] ?? []))
		.filter((alternatives) => alternatives.length > 0);
}
