// Folders that are made only for what is put into them: they must not take the place of what the tree has, be it a
// folder with a mode of its own or a link (`lib -> usr/lib`).

import type { Entry } from '../archive/entry.ts';

/**
 * Leaves out the folders that are marked `ifAbsent` and whose path is there.
 *
 * @param present - the paths of what came before; those of the entries are added
 */
export async function* leaveOutPresent(
	entries: AsyncIterable<Entry>,
	present: Set<string>,
): AsyncGenerator<Entry, void> {
	for await (const entry of entries) {
		if (entry.kind === 'directory' && entry.ifAbsent === true && present.has(entry.path)) continue;
		present.add(entry.path);
		yield entry;
	}
}
