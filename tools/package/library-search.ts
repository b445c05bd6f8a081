// Finds the Debian package that has a shared library: first among the unpacked packages, then among their dependencies, of
// which it fetches as few as possible.

import type { Processor } from '../../supervisor/contract/processors.ts';
import type { DebianTree } from './debian-tree.ts';
import { type Found, findInTrees } from './find-in-trees.ts';

export interface LibrarySearch {
	/** @param folders - directories that are searched before the standard ones */
	find(name: string, folders: readonly string[]): Promise<Found | null>;
	/** Searches also the package that Debian would have the library in, whoever depends on it. */
	findAnywhere(name: string, folders: readonly string[]): Promise<Found | null>;
	/** The directories that are searched in any case. */
	readonly standardFolders: readonly string[];
	/** Returns the file at an absolute path if its package is unpacked. */
	file(path: string): Found | null;
}

/**
 * @param trees - the unpacked packages; fetched ones are added
 * @param dependencies - the names of all their dependencies; those of packages that are found anywhere are added
 * @param withDependencies - returns a package's own name and those of its dependencies; empty when there is no such package
 */
export function createLibrarySearch(
	{ triplet }: Processor,
	trees: DebianTree[],
	dependencies: string[],
	fetchTree: (name: string) => Promise<DebianTree>,
	withDependencies: (name: string) => Promise<readonly string[]>,
): LibrarySearch {
	/** The default directories of Debian's loader (ld.so(8)). */
	const standardFolders = [`lib/${triplet}`, `usr/lib/${triplet}`, 'lib', 'usr/lib'];
	const at = (name: string, folders: readonly string[]): Found | null => {
		for (const folder of [...folders, ...standardFolders]) {
			const found = findInTrees(trees, `${folder}/${name}`);
			if (found !== null) return found;
		}
		return null;
	};
	const search: LibrarySearch = {
		standardFolders,
		file: (path) => findInTrees(trees, path),
		async find(name, folders) {
			let found = at(name, folders);
			const guess = packageNameOf(name);
			// libc6 has a dozen libraries; zlib1g is the only library package with another start of its name.
			const libraries = dependencies.filter((each) => /^(lib|zlib1g$)/.test(each)).sort();
			for (const each of [guess, 'libc6', ...libraries]) {
				if (found !== null) break;
				if (!dependencies.includes(each) || trees.some((tree) => tree.packageName === each)) continue;
				trees.push(await fetchTree(each));
				found = at(name, folders);
			}
			return found;
		},
		async findAnywhere(name, folders) {
			const guess = packageNameOf(name);
			// Debian 13 and Ubuntu 24.04 renamed the libraries with a 64-bit time.
			for (const each of [null, 'libc6', guess, `${guess}t64`]) {
				if (each !== null) {
					if (dependencies.includes(each)) continue;
					dependencies.push(...(await withDependencies(each)));
				}
				const found = await search.find(name, folders);
				if (found !== null) return found;
			}
			return null;
		},
	};
	return search;
}

/**
 * Debian Policy 8.1: `liblz4.so.1` is in liblz4-1, `libgcc_s.so.1` in libgcc-s1. OpenSSL's two libraries share a
 * package, named after one of them.
 */
export function packageNameOf(library: string): string {
	const [, name = library, version = ''] = /^(.*)\.so\.(.*)$/.exec(library) ?? [];
	const dash = /\d$/.test(name) ? '-' : '';
	return `${name}${dash}${version}`
		.toLowerCase()
		.replaceAll('_', '-')
		.replace(/^libcrypto(?=\d)/, 'libssl');
}
