// The root tree as one squashfs image: the parts of all segments joined. The segments without a key are placed last, as in
// `packSegments`, and their bytes are not compressed.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../archive/entry.ts';
import type { DirectoryInode, Inode } from '../archive/squashfs/inode.ts';
import { joinParts } from '../archive/squashfs/join.ts';
import { openLooseFiles } from '../archive/squashfs/loose-files.ts';
import { type PartSettings, refuseUnheld } from '../archive/squashfs/make-part.ts';
import { openPart, type Part, readFileData } from '../archive/squashfs/part.ts';
import { DamagedSquashfs } from '../archive/squashfs/superblock.ts';
import { findInode, mergeTree, newDirectory, placeEntry } from '../archive/squashfs/tree.ts';
import { SlipwayError } from '../errors.ts';
import type { CheckedFile, JoinSource } from '../files/joined.ts';
import { folder, linuxkitTimeSeconds } from '../system/place-image.ts';
import type { EarlierSegment, Segment } from '../system/segment.ts';
import { earlierSegments, type OnPacked, packKeyed } from './pack-segments.ts';
import { type PackedSegment, partPacker, type SegmentCache } from './segment-cache.ts';

export interface RootImage {
	/** The files and ranges that make the image, in their order. */
	readonly sources: readonly JoinSource[];
	readonly sizeBytes: number;
	/**
	 * Reports whether the copying of `sources` has found damaged files of segments, and mended them: what was read of them
	 * before, such as the first program, may be wrong. Throws when that was read wrongly out of files that are right.
	 */
	isMended(): boolean;
}

/** The tree of a root image, in which files can be read. */
export interface RootTree {
	/** Returns what is at a path without a slash at its start; null for nothing. Links are followed. */
	find(path: string): Inode | null;
	/** Returns the bytes of a file; null when there is none. Throws for one of more than `maxBytes`. */
	read(path: string, maxBytes: number): Promise<Buffer | null>;
}

/** Directories on which PID 1 mounts something: it can't make them in a root that is read-only. */
const mountPoints: readonly Entry[] = [
	...['dev', 'mnt', 'proc', 'run', 'sys', 'var'].map(folder),
	{ ...folder('tmp'), mode: 0o1777 },
].map((entry) => ({ ...entry, ifAbsent: true }));

/** What an image is packed with. */
export interface RootPacking<Starter> {
	readonly cache: SegmentCache;
	/** A directory for temporary files; the caller removes it. */
	readonly scratch: string;
	readonly settings: PartSettings;
	readonly onPacked: OnPacked;
	/** Looks in the tree for what mounts the image. Returns why it can't be booted as a sentence without its end. */
	findStarter(tree: RootTree): Promise<Starter | string>;
}

/** Returns the result of `findStarter` when that says no; nothing but the segments that boot is packed then. */
export async function packRootImage<Starter extends object>(
	segments: readonly Segment[],
	{ cache, scratch, settings, onPacked, findStarter }: RootPacking<Starter>,
): Promise<(RootImage & { readonly starter: Starter }) | string> {
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds });
	const parts: Part[] = [];
	const digests: ReadonlySet<string>[] = [];
	const sources: CheckedFile[] = [];
	let isMended = false;
	const pack = async (some: readonly Segment[]) => {
		const packed = await packKeyed(some, cache, onPacked, partPacker(settings));
		for (const each of packed) {
			const { part, file } = await openIntact(each.packed, parts.length, each.name);
			parts.push(part);
			digests.push(new Set(file.contents.digests));
			const range = part.data;
			const remake = async (): Promise<CheckedFile> => {
				isMended = true;
				return { ...(await file.remake()), range };
			};
			sources.push({ ...file, range, remake });
			mergeTree(root, part.root);
		}
		return packed;
	};
	const booting = await pack(segments.filter(({ boots }) => boots === true));
	const misread: string[] = [];
	const starter = await findStarter(treeOf(root, { parts, digests, misread }));
	if (typeof starter === 'string') return starter;
	const packed = [...booting, ...(await pack(segments.filter(({ boots }) => boots !== true)))];
	const loosePath = join(scratch, 'loose');
	const loose = await openLooseFiles(loosePath, parts.length, settings.blockBytes);
	let looseBytes = 0;
	try {
		for await (const entry of looseEntries(segments, earlierSegments(packed))) {
			if (entry.kind === 'hardlink') continue;
			refuseUnheld(entry);
			await placeEntry(root, entry, async (file) => await loose.add(file));
		}
	} finally {
		looseBytes = await loose.finish();
	}
	const { compressor, blockBytes } = settings;
	const looseData = { start: 0, end: looseBytes };
	parts.push({ path: loosePath, root, compressor, blockBytes, data: looseData, fragments: Buffer.alloc(0) });
	const { head, tail, sizeBytes } = joinParts(root, parts, settings);
	const [headPath, tailPath] = [join(scratch, 'root-head'), join(scratch, 'root-tail')];
	await writeFile(headPath, head);
	await writeFile(tailPath, tail);
	return {
		sources: [headPath, ...sources, loosePath, tailPath],
		sizeBytes,
		starter,
		isMended() {
			if (!isMended && misread.length > 0) throw wronglyRead(misread);
			return isMended;
		},
	};
}

/** Packs the segment again when the tables of its part are damaged. Damaged blocks are noticed when they are copied. */
async function openIntact(
	packed: PackedSegment,
	index: number,
	name: string,
): Promise<{ readonly part: Part; readonly file: PackedSegment }> {
	try {
		return { part: await openPart(packed.path, index, name), file: packed };
	} catch (error) {
		if (!(error instanceof DamagedSquashfs)) throw error;
		const file = await packed.remake();
		return { part: await openPart(file.path, index, name), file };
	}
}

async function* looseEntries(
	segments: readonly Segment[],
	earlier: readonly EarlierSegment[],
): AsyncGenerator<Entry, void> {
	for (const segment of segments) if (segment.key === null) yield* segment.entries(earlier);
	yield* mountPoints;
}

interface ReadableParts {
	readonly parts: readonly Part[];
	/** By part: the digests of the files that boot. Other files are not checked. */
	readonly digests: readonly ReadonlySet<string>[];
	/** Receives the paths of the files whose bytes were not those that had been packed. */
	readonly misread: string[];
}

function treeOf(root: DirectoryInode, { parts, digests, misread }: ReadableParts): RootTree {
	return {
		find: (path) => findInode(root, path),
		async read(path, maxBytes) {
			const inode = findInode(root, path);
			if (inode?.kind !== 'file') return null;
			const part = parts[inode.data.part];
			if (part === undefined) return null;
			const bytes = await readFileData(part, inode.data, maxBytes, path);
			const expected = digests[inode.data.part];
			const isChecked = expected !== undefined && expected.size > 0;
			if (isChecked && !expected.has(createHash('sha256').update(bytes).digest('hex'))) misread.push(path);
			return bytes;
		},
	};
}

/** A system that does not boot is worse than none: the compiler of a JavaScript engine has been wrong before (lz4-block.ts). */
function wronglyRead(paths: readonly string[]): SlipwayError {
	return new SlipwayError(
		'TOOL_FAILED',
		`/${paths.join(', /')} came out wrong when it was read from the packed image, though the image is right. ` +
			'That is a fault of slipway: please report it. Build again, or with --root unpacked, which reads nothing back.',
	);
}
