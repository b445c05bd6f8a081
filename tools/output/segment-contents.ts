// The notes about a packed segment that spare unpacking it: its extended attributes, which newc can't hold; its paths, as
// a file of a later segment replaces an earlier one and must not inherit its attributes; and its unpacked size.

import type { UnpackedSize } from '../../supervisor/contract/unpacking-files.ts';
import type { XattrLine } from '../../supervisor/contract/xattrs-file.ts';
import type { Entry } from '../archive/entry.ts';
import { notePath, type PathNotes, type PlacedPaths } from '../system/hidden-folders.ts';
import { sizeOfEntry } from './unpacked-size.ts';

export interface SegmentContents extends PlacedPaths {
	readonly xattrs: readonly XattrLine[];
	readonly size: UnpackedSize;
}

/** Passes the entries on and notes them in `contents`, which is complete when the stream ends. */
export function notingContents(entries: AsyncIterable<Entry>): {
	readonly entries: AsyncGenerator<Entry, void>;
	readonly contents: SegmentContents;
} {
	const xattrs: XattrLine[] = [];
	const notes: PathNotes = { paths: [], links: [] };
	const size = { bytes: 0, entries: 0 };
	const pass = async function* (): AsyncGenerator<Entry, void> {
		for await (const entry of entries) {
			notePath(entry, notes);
			const { bytes, entries: count } = sizeOfEntry(entry);
			size.bytes += bytes;
			size.entries += count;
			xattrs.push(...xattrLines(entry));
			yield entry;
		}
	};
	return { entries: pass(), contents: { xattrs, ...notes, size } };
}

/** Returns a line for each extended attribute of the entry. */
export function xattrLines({ path, xattrs }: Entry): XattrLine[] {
	return [...(xattrs ?? [])].map(([name, value]) => {
		return { path, name, value: Buffer.from(value).toString('base64') };
	});
}

/** Returns null for notes of another shape; the segment is then packed again. */
export function parseContents(value: unknown): SegmentContents | null {
	const { xattrs, paths, links, size } = (value ?? {}) as {
		readonly [key in keyof SegmentContents]?: unknown;
	};
	if (!Array.isArray(xattrs) || !xattrs.every(isXattrLine)) return null;
	if (!isTexts(paths) || !isTexts(links) || !isSize(size)) return null;
	return { xattrs, paths, links, size };
}

function isTexts(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isXattrLine(value: unknown): value is XattrLine {
	const line = (value ?? {}) as Partial<Record<keyof XattrLine, unknown>>;
	return [line.path, line.name, line.value].every((field) => typeof field === 'string');
}

function isSize(value: unknown): value is UnpackedSize {
	const size = (value ?? {}) as Partial<Record<keyof UnpackedSize, unknown>>;
	return [size.bytes, size.entries].every((field) => Number.isSafeInteger(field));
}

/** Returns the attributes of those paths that no later segment has. */
export function survivingXattrs(
	segments: readonly SegmentContents[],
	laterPaths: ReadonlySet<string>,
): XattrLine[] {
	const taken = new Set(laterPaths);
	const result: XattrLine[][] = [];
	for (const { xattrs, paths } of segments.toReversed()) {
		result.unshift(xattrs.filter((line) => !taken.has(line.path)));
		for (const path of paths) taken.add(path);
	}
	return result.flat();
}
