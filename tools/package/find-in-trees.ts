// Looks a path up in several unpacked packages at once and follows links inside of them: `ld-linux-x86-64.so.2` is an
// absolute link in libc6, which on the host would lead to the host's own file.

import type { DebianEntry, DebianTree } from './debian-tree.ts';

export interface Found {
	/** The path of the file after all links. */
	readonly path: string;
	readonly entry: DebianEntry;
	readonly packageName: string;
}

/** As many links as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

/** Returns the file at `path`, or null when there is none. */
export function findInTrees(trees: readonly DebianTree[], path: string): Found | null {
	let links = 0;
	let todo = path.split('/');
	let done: string[] = [];
	while (todo.length > 0) {
		const [part = '', ...rest] = todo;
		todo = rest;
		if (part === '' || part === '.') continue;
		if (part === '..') {
			done.pop();
			continue;
		}
		const here = [...done, part];
		const link = lookUp(trees, here.join('/'))?.entry.header;
		if (link?.kind !== 'symlink') {
			done = here;
			continue;
		}
		if (++links > maxLinks) return null;
		if (link.linkname.startsWith('/')) done = [];
		todo = [...link.linkname.split('/'), ...todo];
	}
	const found = lookUp(trees, done.join('/'));
	return found?.entry.header.kind === 'file' ? found : null;
}

/** /lib and /usr/lib are one directory in an installed Debian; a package may have a file in either. */
function lookUp(trees: readonly DebianTree[], path: string): Found | null {
	const other = path.startsWith('usr/') ? path.slice('usr/'.length) : `usr/${path}`;
	for (const candidate of [path, other]) {
		for (const { entries, packageName } of trees) {
			const entry = entries.get(candidate);
			if (entry !== undefined) return { path: candidate, entry, packageName };
		}
	}
	return null;
}
