// Refuses a tree in which a symbolic link of one image stands where another image has a directory with contents, such as
// `/lib -> usr/lib` beside `/lib/modules`. Whichever comes second, one of the images would lose its files without a word.

import type { Entry } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';

/** The paths of a segment: those of all its entries, and those of its symbolic links. */
export interface PlacedPaths {
	readonly paths: readonly string[];
	readonly links: readonly string[];
}

/** Holds the paths of a segment while its entries are read. */
export interface PathNotes extends PlacedPaths {
	readonly paths: string[];
	readonly links: string[];
}

/** Adds the entry. Leaves out paths below `containers/`, where each segment has a directory of its own. */
export function notePath(entry: Entry, { paths, links }: PathNotes): void {
	if (entry.path.startsWith('containers/')) return;
	paths.push(entry.path);
	if (entry.kind === 'symlink') links.push(entry.path);
}

/** Throws a `SlipwayError` that names both segments and the path. */
export function refuseHiddenFolders(
	segments: readonly { readonly name: string; readonly placed: PlacedPaths }[],
): void {
	const owners = new Map<string, string>();
	for (const { name, placed } of segments) for (const link of placed.links) owners.set(link, name);
	if (owners.size === 0) return;
	for (const { name, placed } of segments) {
		const own = new Set(placed.links);
		for (const path of placed.paths) {
			for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
				const folder = path.slice(0, end);
				const other = owners.get(folder);
				if (other === undefined || own.has(folder)) continue;
				throw new SlipwayError(
					'BAD_CONFIG',
					`/${folder} is a symbolic link in ${other} and a directory in ${name} (with /${path}). The files of one ` +
						`image would be lost. Build one of the two images again so that /${folder} is the same kind in both.`,
				);
			}
		}
	}
}
