// A stream of entries in parts, each to become an archive of its own: an initrd may be many in a row, and several can
// be compressed at the same time, which one cannot. Where a part ends depends on the entries alone.

import type { Entry } from './entry.ts';

export interface ArchivePart {
	/** To be read to its end before the next part is asked for. */
	readonly entries: AsyncIterable<Entry>;
	/** Its archive may have more than the bytes that were asked for: one file with its links. */
	readonly isLarge: boolean;
}

/** At least one part, if an empty one. */
export async function* archiveParts(
	entries: AsyncIterable<Entry>,
	maxBytes: number,
): AsyncGenerator<ArchivePart, void> {
	const source = entries[Symbol.asyncIterator]();
	try {
		let next = await source.next();
		const part = async function* (): AsyncGenerator<Entry, void> {
			let bytes = archiveEndBytes;
			for (let isFirst = true; next.done !== true; isFirst = false) {
				const entry: Entry = next.value;
				bytes += mostBytes(entry);
				if (bytes > maxBytes && !isFirst && entry.kind !== 'hardlink') return;
				yield entry;
				next = await source.next();
			}
		};
		do {
			const isLarge = next.done !== true && archiveEndBytes + mostBytes(next.value) > maxBytes;
			yield { entries: part(), isLarge };
		} while (next.done !== true);
	} finally {
		await source.return?.();
	}
}

/** The header's fields, the padding after the name and after the bytes, and the name's end. */
const headerBytes = 110 + 3 + 3 + 1;
/** The header of the trailer, and a little. */
const archiveEndBytes = 256;
/** Of UTF-8, for each of JavaScript's characters. */
const mostBytesOfCharacter = 3;

/** At most what the entry takes in the archive; links come with their file. */
function mostBytes(entry: Entry): number {
	if (entry.kind === 'hardlink') return 0;
	const links = entry.kind === 'file' ? (entry.links ?? []) : [];
	const names = [entry.path, ...links.map((link) => link.path)];
	const target = entry.kind === 'symlink' ? entry.target.length : 0;
	const characters = names.reduce((sum, name) => sum + name.length, target);
	const content = entry.kind === 'file' ? entry.sizeBytes : 0;
	// The name of the trailer gets `./` before it.
	return names.length * (headerBytes + 2) + characters * mostBytesOfCharacter + content;
}
