// Finds the shared libraries that the programs of a package need, directly or indirectly: the closure over DT_NEEDED.

import { dirname, relative } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { elfNeeds } from './elf-needs.ts';
import type { Found } from './find-in-trees.ts';
import type { LibrarySearch } from './library-search.ts';
import type { PackageFiles } from './package-files.ts';

/**
 * Adds the libraries to `files`. Returns the names of the Debian packages that have them. A program of the project gets what the image
 * does not have yet; a library of the project is left as it is, because the program that loads it decides where it looks.
 */
export async function addLibraries(files: PackageFiles, search: LibrarySearch): Promise<ReadonlySet<string>> {
	const packages = new Set<string>();
	const seen = new Set<string>();
	const add = (path: string, found: Found): void => {
		packages.add(found.packageName);
		if (!files.has(path)) files.addPackaged(path, found.entry);
	};
	// `sources` grows during the loop: a Map's iterator visits added entries.
	for (const [user, source] of files.sources()) {
		const needs = await elfNeeds(source);
		const isCopied = files.isCopied(user);
		if (isCopied && (needs?.interpreter ?? null) === null) continue;
		const folders = needs?.searchFolders.map((each) => each.replace(/\$\{?ORIGIN\}?/, `/${dirname(user)}`));
		for (const name of needs?.libraries ?? []) {
			if (seen.has(name)) continue;
			const places = [...(folders ?? []), ...search.standardFolders];
			if (isCopied && places.some((folder) => files.resolve(`${folder}/${name}`) !== null)) continue;
			seen.add(name);
			const found = await search[isCopied ? 'findAnywhere' : 'find'](name, folders ?? []);
			if (found === null) throw missing(user, name);
			// The file gets the requested name: in its package `libz.so.1` is a link to `libz.so.1.2.13`.
			add(`${dirname(found.path)}/${name}`, found);
		}
		const interpreter = needs?.interpreter ?? null;
		if (interpreter === null || files.has(interpreter)) continue;
		// The loader is libc6's.
		if (isCopied) await search.findAnywhere('libc.so.6', []);
		const loader = search.file(interpreter);
		if (loader === null) throw missing(user, interpreter);
		add(loader.path, loader);
		if (!files.has(interpreter)) {
			files.addLink(interpreter, relative(dirname(interpreter), `/${loader.path}`));
		}
	}
	return packages;
}

function missing(user: string, name: string): SlipwayError {
	return new SlipwayError(
		'BAD_RECIPE',
		`/${user} needs ${name}, which no Debian package that it depends on has. ` +
			'Take it from the package that has it, under "debian" in the recipe.',
	);
}
