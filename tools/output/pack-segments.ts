// Packs the segments of a tree, two at a time: each compression keeps one core busy. Segments with a key are cached. The
// others are small and become one last archive, together with the extended attributes of the whole tree.

import { join } from 'node:path';
import type { UnpackedSize } from '../../supervisor/contract/unpacking-files.ts';
import { type XattrLine, xattrsFile } from '../../supervisor/contract/xattrs-file.ts';
import { compressArchive } from '../archive/compress-archive.ts';
import type { Compressors } from '../archive/compressors.ts';
import type { Entry } from '../archive/entry.ts';
import { coresAtOnce, inParallel } from '../files/concurrency.ts';
import type { JoinSource } from '../files/joined.ts';
import { refuseHiddenFolders } from '../system/hidden-folders.ts';
import { folder, textFile } from '../system/place-image.ts';
import { leaveOutPresent } from '../system/present.ts';
import type { EarlierSegment, KeyedSegment, Segment } from '../system/segment.ts';
import type { PackedSegment, SegmentCache, SegmentPacker } from './segment-cache.ts';
import { notingContents, type SegmentContents, survivingXattrs, xattrLines } from './segment-contents.ts';
import { sumOfSizes } from './unpacked-size.ts';

export interface PackedTree {
	/** The archives in the order of the tree. */
	readonly archives: readonly JoinSource[];
	readonly size: UnpackedSize;
	/** Reports whether any file of the tree has extended attributes. */
	readonly hasAttributes: boolean;
}

export type OnPacked = (segment: Segment, packed: PackedSegment, durationMs: number) => void;

/**
 * Packs the segments with a key. Returns them in the order of the tree.
 *
 * @param packer - makes archives by default
 */
export async function packKeyed(
	segments: readonly Segment[],
	cache: SegmentCache,
	onPacked: OnPacked,
	packer?: SegmentPacker,
): Promise<readonly { readonly name: string; readonly packed: PackedSegment }[]> {
	const keyed = segments.filter((segment): segment is KeyedSegment => segment.key !== null);
	const results = new Map<KeyedSegment, PackedSegment>();
	// The largest goes first; otherwise one core would be idle while the other packs it at the end.
	const largestFirst = keyed.toSorted((a, b) => b.sizeHintBytes - a.sizeHintBytes);
	await inParallel(largestFirst, coresAtOnce, async (segment) => {
		const startedAt = performance.now();
		const result = await cache.pack(segment, packer);
		results.set(segment, result);
		onPacked(segment, result, performance.now() - startedAt);
	});
	refuseHiddenFolders(
		[...results].map(([{ name }, { contents }]) => {
			return { name, placed: contents };
		}),
	);
	return keyed.flatMap((segment) => {
		const packed = results.get(segment);
		return packed === undefined ? [] : { name: segment.name, packed };
	});
}

/** Returns what segments without a key may know of those with one. */
export function earlierSegments(keyed: Awaited<ReturnType<typeof packKeyed>>): EarlierSegment[] {
	return keyed.map(({ name, packed }) => ({ name, paths: packed.contents.paths }));
}

/**
 * Packs all segments. Those without a key follow all others, which is allowed: their paths differ from those of images,
 * and the `files:` section is last in any case.
 *
 * @param scratch - a directory for the last archive; the caller removes it
 */
export async function packSegments(
	segments: readonly Segment[],
	cache: SegmentCache,
	scratch: string,
	compressors: Compressors,
	onPacked: OnPacked,
): Promise<PackedTree> {
	const keyed = await packKeyed(segments, cache, onPacked);
	const ordered = keyed.map(({ packed }) => packed);
	const last = join(scratch, 'last.cpio.zst');
	const loose = segments.filter((segment) => segment.key === null);
	const contents = ordered.map((each) => each.contents);
	const earlier = earlierSegments(keyed);
	const { entries, contents: lastContents } = notingContents(lastEntries(loose, earlier, contents));
	await compressArchive(entries, { path: last, flush: false }, compressors);
	return {
		archives: [...ordered, last],
		size: sumOfSizes([...contents, lastContents].map((each) => each.size)),
		hasAttributes: lastContents.paths.includes(xattrsFile),
	};
}

async function* lastEntries(
	loose: readonly Segment[],
	earlier: readonly EarlierSegment[],
	before: readonly SegmentContents[],
): AsyncGenerator<Entry, void> {
	const own = new Set<string>();
	const xattrs: XattrLine[] = [];
	const noted = async function* (): AsyncGenerator<Entry, void> {
		for (const segment of loose) yield* segment.entries(earlier);
		const lines = [...survivingXattrs(before, own), ...xattrs];
		if (lines.length === 0) return;
		yield { ...folder('etc'), ifAbsent: true };
		yield folder('etc/slipway');
		yield textFile(xattrsFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
	};
	const present = new Set(before.flatMap((each) => each.paths));
	for await (const entry of leaveOutPresent(noted(), present)) {
		own.add(entry.path);
		xattrs.push(...xattrLines(entry));
		yield entry;
	}
}
