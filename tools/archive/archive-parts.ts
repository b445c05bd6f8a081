// Divides a stream of entries into parts, each of which becomes an archive: an initrd may consist of many archives, and
// several can be compressed at the same time. Where a part ends depends on the entries alone.

import type { Entry } from './entry.ts';

export interface ArchivePart {
	/** The caller reads it to its end before it requests the next part. */
	readonly entries: AsyncIterable<Entry>;
	/** Reports that the archive may have more than `maxBytes` bytes. The part is then one file with its links. */
	readonly isLarge: boolean;
}

/** Yields at least one part, which may be empty. */
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
				bytes += maxArchivedBytes(entry);
				if (bytes > maxBytes && !isFirst && entry.kind !== 'hardlink') return;
				yield entry;
				next = await source.next();
			}
		};
		do {
			const isLarge = next.done !== true && archiveEndBytes + maxArchivedBytes(next.value) > maxBytes;
			yield { entries: part(), isLarge };
		} while (next.done !== true);
	} finally {
		await source.return?.();
	}
}

/** The fields of a header, the padding after the name and after the contents, and the NUL of the name. */
const headerBytes = 110 + 3 + 3 + 1;
/** An upper limit for the trailer. */
const archiveEndBytes = 256;
/** The most bytes of UTF-8 for one UTF-16 code unit of a string. */
const maxBytesOfCodeUnit = 3;

/** Returns an upper limit for the size of the entry in the archive. A file's size includes its links. */
function maxArchivedBytes(entry: Entry): number {
	if (entry.kind === 'hardlink') return 0;
	const links = entry.kind === 'file' ? (entry.links ?? []) : [];
	const names = [entry.path, ...links.map((link) => link.path)];
	const target = entry.kind === 'symlink' ? entry.target.length : 0;
	const characters = names.reduce((sum, name) => sum + name.length, target);
	const content = entry.kind === 'file' ? entry.sizeBytes : 0;
	// A file with the trailer's name gets `./` before it.
	return names.length * (headerBytes + 2) + characters * maxBytesOfCodeUnit + content;
}
