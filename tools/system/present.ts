// Implied directories, which exist only for their contents: they must not replace what the tree already has, such as a
// directory with another mode or a link (`lib -> usr/lib`).

import type { Entry } from '../archive/entry.ts';

/**
 * Leaves out directories that are marked `ifAbsent` and whose path exists.
 *
 * @param present - the paths of earlier entries; those of `entries` are added
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
