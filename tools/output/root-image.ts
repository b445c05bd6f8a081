// The root tree as one squashfs image: the parts of all segments joined, with equal files stored once. The segments without
// a key are placed last, as in `packSegments`, and their bytes are not compressed.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFiles } from '../../supervisor/contract/layout.ts';
import type { Entry } from '../archive/entry.ts';
import type { CompressionSettings } from '../archive/squashfs/compress-blocks.ts';
import type { DirectoryInode, FileData, Inode } from '../archive/squashfs/inode.ts';
import { joinParts } from '../archive/squashfs/join.ts';
import { openLooseFiles } from '../archive/squashfs/loose-files.ts';
import { refuseUnheld } from '../archive/squashfs/make-part.ts';
import { openPart, type Part, readFileData } from '../archive/squashfs/part.ts';
import { DamagedSquashfs } from '../archive/squashfs/superblock.ts';
import { findInode, mergeTree, newDirectory, placeEntry, removeFile } from '../archive/squashfs/tree.ts';
import { shareEqualFiles, usedData } from '../archive/squashfs/used-data.ts';
import { SlipwayError } from '../errors.ts';
import { fileDigest } from '../files/file-digest.ts';
import type { CheckedFile, JoinSource } from '../files/joined.ts';
import { folder, linuxkitTimeSeconds } from '../system/place-image.ts';
import type { EarlierSegment, Segment } from '../system/segment.ts';
import { earlierSegments, type OnPacked, packKeyed } from './pack-segments.ts';
import { type PackedSegment, partPacker, type SegmentCache } from './segment-cache.ts';

export interface RootImage {
	/** The files and ranges that make the image, in their order. */
	readonly sources: readonly JoinSource[];
	readonly sizeBytes: number;
	/** Reports whether the copying of `sources` has found damaged files of segments, and mended them: another image may be due. */
	isMended(): boolean;
}

/** The tree of a root image, in which files can be read. */
export interface RootTree {
	/** Returns what is at a path without a slash at its start; null for nothing. Links are followed. */
	find(path: string): Inode | null;
	/** Returns the bytes of a file, which are those that were packed; null when there is none. Throws for one of more than `maxBytes`. */
	read(path: string, maxBytes: number): Promise<Buffer | null>;
}

/** Directories on which PID 1 mounts something: it can't make them in a root that is read-only. */
export const mountPoints: readonly Entry[] = [
	...['dev', 'mnt', 'proc', 'run', 'sys', 'var'].map(folder),
	{ ...folder('tmp'), mode: 0o1777 },
].map((entry) => ({ ...entry, ifAbsent: true }));

/**
 * What mounts a root image, in the tree; the init image has it beside its libraries. A builder takes it from there into the
 * initrd, and leaves it out of the image.
 */
export const firstProgram = `${ownFiles.libraries.slice(1)}/first-program`;

/** What an image is packed with. */
export interface RootPacking<Starter> {
	readonly cache: SegmentCache;
	/** A directory for temporary files; the caller removes it. */
	readonly scratch: string;
	readonly settings: CompressionSettings;
	readonly onPacked: OnPacked;
	/** Looks in the tree for what mounts the image. Returns why it can't be booted as a sentence without its end. */
	findStarter(tree: RootTree): Promise<Starter | string>;
}

type Packed<Starter> = (RootImage & { readonly starter: Starter }) | string;

/** Returns the result of `findStarter` when that says no; nothing but the segments that boot is packed then. */
export async function packRootImage<Starter extends object>(
	segments: readonly Segment[],
	packing: RootPacking<Starter>,
): Promise<Packed<Starter>> {
	const mended = new Map<string, PackedSegment>();
	for (;;) {
		try {
			return await packOnce(segments, packing, mended);
		} catch (error) {
			if (!(error instanceof PartMended) || mended.has(error.damagedPath)) throw error;
			mended.set(error.damagedPath, error.file);
		}
	}
}

/** Is thrown when a part was damaged, after it has been packed again. The message is for a second time. */
class PartMended extends SlipwayError {
	readonly damagedPath: string;
	readonly file: PackedSegment;

	constructor(damagedPath: string, file: PackedSegment) {
		const message = `${damagedPath} does not have the bytes that were written to it a moment ago. Check the disk.`;
		super('DIGEST_MISMATCH', message);
		this.damagedPath = damagedPath;
		this.file = file;
	}
}

interface OpenPart {
	readonly part: Part;
	readonly file: PackedSegment;
}

/** @param mended - the files to use in place of damaged ones, by the paths of those */
async function packOnce<Starter extends object>(
	segments: readonly Segment[],
	{ cache, scratch, settings, onPacked, findStarter }: RootPacking<Starter>,
	mended: ReadonlyMap<string, PackedSegment>,
): Promise<Packed<Starter>> {
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds });
	const parts: OpenPart[] = [];
	let isMended = false;
	const pack = async (some: readonly Segment[]) => {
		const packed = await packKeyed(some, cache, onPacked, partPacker(settings));
		for (const each of packed) {
			const file = mended.get(each.packed.path) ?? each.packed;
			const opened = await openIntact(file, parts.length, each.name);
			parts.push(opened);
			mergeTree(root, opened.part.root);
		}
		return packed;
	};
	const booting = await pack(segments.filter(({ boots }) => boots === true));
	const starter = await findStarter(treeOf(root, parts));
	if (typeof starter === 'string') return starter;
	removeFile(root, firstProgram);
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
	shareEqualFiles(root);
	const used = usedData(
		root,
		parts.map(({ part }) => part.fragments),
	);
	const wholeLoose = { ranges: [{ start: 0, end: looseBytes }], fragments: Buffer.alloc(0) };
	const { head, tail, sizeBytes } = joinParts(root, [...used, wholeLoose], settings);
	const sources = parts.map(({ file }, index): CheckedFile => {
		const ranges = used[index]?.ranges ?? [];
		const remake = async (): Promise<CheckedFile> => {
			isMended = true;
			return { ...(await file.remake()), ranges };
		};
		return { ...file, ranges, remake };
	});
	const [headPath, tailPath] = [join(scratch, 'root-head'), join(scratch, 'root-tail')];
	await writeFile(headPath, head);
	await writeFile(tailPath, tail);
	return {
		sources: [headPath, ...sources, loosePath, tailPath],
		sizeBytes,
		starter,
		isMended: () => isMended,
	};
}

/** Packs the segment again when the tables of its part are damaged. Damaged blocks are noticed when they are copied. */
async function openIntact(packed: PackedSegment, index: number, name: string): Promise<OpenPart> {
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

function treeOf(root: DirectoryInode, parts: readonly OpenPart[]): RootTree {
	return {
		find: (path) => findInode(root, path),
		async read(path, maxBytes) {
			const inode = findInode(root, path);
			if (inode?.kind !== 'file') return null;
			const opened = parts[inode.data.part];
			return opened === undefined ? Buffer.alloc(0) : await readIntact(opened, inode.data, maxBytes, path);
		},
	};
}

async function readIntact({ part, file }: OpenPart, data: FileData, maxBytes: number, path: string) {
	const bytes = await readFileData(part, data, maxBytes, path).catch((error: unknown) => {
		if (error instanceof DamagedSquashfs && data.sizeBytes <= maxBytes) return null;
		throw error;
	});
	if (bytes !== null && (bytes.length === 0 || sha256Of(bytes) === data.digest?.toString('hex')))
		return bytes;
	if ((await fileDigest(file.path)) === file.sha256) throw wronglyRead(path);
	throw new PartMended(file.path, await file.remake());
}

function sha256Of(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** A system that does not boot is worse than none: the compiler of a JavaScript engine has been wrong before (lz4-block.ts). */
function wronglyRead(path: string): SlipwayError {
	return new SlipwayError(
		'TOOL_FAILED',
		`/${path} came out wrong when it was read from the packed image, though the image is right. ` +
			'That is a fault of slipway: please report it. Build again, or with --root unpacked, which reads nothing back.',
	);
}
