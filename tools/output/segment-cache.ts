// The cache of packed segments and of single files of images, by a hash of all that they depend on. With a full cache, a
// build only joins files. Each file is written under a temporary name first, so a file with its name is complete. The notes
// beside it (kept-notes.ts) have its digest, which `joinFiles` checks; a file that is damaged is made again.

import { createHash } from 'node:crypto';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveFormat, compressArchive } from '../archive/compress-archive.ts';
import { type Compressors, openCompressors } from '../archive/compressors.ts';
import type { Entry } from '../archive/entry.ts';
import type { CompressionSettings } from '../archive/squashfs/compress-blocks.ts';
import { makePart, partFormat } from '../archive/squashfs/make-part.ts';
import { pageBytes } from '../elf/pack-pages.ts';
import { SlipwayError } from '../errors.ts';
import { fileDigest } from '../files/file-digest.ts';
import type { CheckedFile } from '../files/joined.ts';
import { replaceFile, writeStream } from '../files/replace-file.ts';
import { isSystemError } from '../files/system-error.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { KeyedSegment } from '../system/segment.ts';
import { formatNotes, type KeptNotes, parseNotes } from './kept-notes.ts';
import { packStartPages, startPagesVersion } from './pack-start-pages.ts';
import { notingContents, parseContents, type SegmentContents } from './segment-contents.ts';

export interface PackedSegment extends CheckedFile {
	readonly sizeBytes: number;
	/** Reports whether an earlier build had packed it. */
	readonly cached: boolean;
	readonly contents: SegmentContents;
	/** As `CheckedFile.remake`. */
	remake(): Promise<PackedSegment>;
}

/** A way to pack a segment. */
export interface SegmentPacker {
	/** Names all that the bytes depend on besides the entries. */
	readonly format: string;
	/** The ending of the file's name. */
	readonly ending: string;
	/** Writes the new file `path` to the disk and returns its SHA-256 as 64 hexadecimal digits. */
	pack(entries: AsyncIterable<Entry>, path: string): Promise<string>;
}

/** Packs a segment as compressed archives of an initrd. */
function archivePacker(compressors: Compressors): SegmentPacker {
	return {
		format: archiveFormat(compressors),
		ending: '.cpio.zst',
		pack: async (entries, path) => await compressArchive(entries, { path, flush: true }, compressors),
	};
}

/** Packs a segment as a part of a root image. Blocks of one page are read alone: packed pages would gain nothing. */
export function partPacker(settings: CompressionSettings): SegmentPacker {
	const format = partFormat(settings);
	const packsPages = settings.blockBytes > pageBytes;
	return {
		format: packsPages ? `${format} ${startPagesVersion}` : format,
		ending: '.squashfs',
		async pack(entries, path) {
			await makePart(packsPages ? packStartPages(entries) : entries, path, settings);
			return await fileDigest(path);
		},
	};
}

export interface SegmentCache {
	/** @param packer - makes archives by default */
	pack(segment: KeyedSegment, packer?: SegmentPacker): Promise<PackedSegment>;
	/**
	 * Returns the file with this key. Writes `content` to it unless it is cached.
	 *
	 * @param name - names the file in a warning
	 */
	file(key: string, name: string, content: () => AsyncIterable<Uint8Array>): Promise<CheckedFile>;
}

/** The place of a cached file. */
interface Slot {
	readonly name: string;
	readonly path: string;
	readonly notesPath: string;
	readonly ending: string;
}

function slotIn(folder: string, name: string, ending: string): Slot {
	return { name, path: join(folder, `${name}${ending}`), notesPath: join(folder, `${name}.json`), ending };
}

/**
 * @param warn - receives a line, without its end, about each damaged file, and one about a store that can't be written
 * @param scratch - a directory for the files of this build when the store can't be written; null for none
 */
export function openSegmentCache(
	storeFolder: string,
	temporary: TemporaryPaths,
	compressors = openCompressors(),
	warn: (line: string) => void = () => undefined,
	scratch: string | null = null,
): SegmentCache {
	let isTold = false;

	function slotOf(key: string, ending: string): Slot {
		return slotIn(join(storeFolder, 'segments'), createHash('sha256').update(key).digest('hex'), ending);
	}

	/** Calls `write` for the slot or, when that fails by a system call, for one in the scratch directory. */
	async function whereWritable<T>(slot: Slot, write: (slot: Slot) => Promise<T>): Promise<T> {
		try {
			return await write(slot);
		} catch (error) {
			if (scratch === null || !isSystemError(error)) throw error;
			const written = await write(slotIn(scratch, slot.name, slot.ending));
			if (!isTold)
				warn(`Packed images are not kept: nothing can be written to the store (${error.message}).`);
			isTold = true;
			return written;
		}
	}

	/**
	 * Writes a file and its notes.
	 *
	 * @param make - writes the file and returns its SHA-256
	 * @param contents - is read when the file is complete
	 */
	async function keep(
		{ name, path, notesPath }: Slot,
		make: (temporaryFile: string) => Promise<string>,
		contents: unknown,
	): Promise<KeptNotes> {
		return await replaceFile(path, temporary, async (unnamed) => {
			const sha256 = await make(unnamed);
			const notes = { name, sha256, sizeBytes: (await stat(unnamed)).size, contents };
			// The notes get their name before the file does: a build that finds the file finds the notes.
			await replaceFile(notesPath, temporary, (other) =>
				writeFile(other, formatNotes(notes), { flush: true }),
			);
			return notes;
		});
	}

	async function packNow(segment: KeyedSegment, given: Slot, packer: SegmentPacker): Promise<PackedSegment> {
		return await whereWritable(given, async (slot) => await packInto(segment, slot, packer));
	}

	async function packInto(segment: KeyedSegment, slot: Slot, packer: SegmentPacker): Promise<PackedSegment> {
		const { entries, contents } = notingContents(segment.entries());
		const pack = async (path: string) => await packer.pack(entries, path);
		const notes = await keep(slot, pack, contents).catch((error: unknown) => {
			throw named(segment.name, error);
		});
		return packed(segment, slot, packer, notes, contents, false);
	}

	function packed(
		segment: KeyedSegment,
		slot: Slot,
		packer: SegmentPacker,
		{ sha256, sizeBytes }: KeptNotes,
		contents: SegmentContents,
		cached: boolean,
	): PackedSegment {
		const remake = async (): Promise<PackedSegment> => {
			warn(`The packed copy of ${segment.name} in the store is damaged. It is packed again.`);
			return await packNow(segment, slot, packer);
		};
		return { path: slot.path, sha256, sizeBytes, cached, contents, remake };
	}

	return {
		async pack(segment, packer = archivePacker(compressors)) {
			const slot = slotOf(JSON.stringify([packer.format, segment.key]), packer.ending);
			const notes = await readNotes(slot);
			const contents = notes === null ? null : parseContents(notes.contents);
			if (notes === null || contents === null) return await packNow(segment, slot, packer);
			await markUsed(slot);
			return packed(segment, slot, packer, notes, contents, true);
		},
		async file(key, name, content) {
			const slot = slotOf(key, '.file');
			const write = async (): Promise<CheckedFile> =>
				await whereWritable(slot, async (used) =>
					checked(used, await keep(used, (path) => writeHashed(path, content()), null)),
				);
			const checked = ({ path }: Slot, { sha256 }: KeptNotes): CheckedFile => ({
				path,
				sha256,
				async remake() {
					warn(`The copy of ${name} in the store is damaged. It is written again.`);
					return await write();
				},
			});
			const notes = await readNotes(slot);
			if (notes === null) return await write();
			await markUsed(slot);
			return checked(slot, notes);
		},
	};
}

/** Returns null unless there are notes and a file of their size. The bytes are not read here. */
async function readNotes({ name, path, notesPath }: Slot): Promise<KeptNotes | null> {
	const text = await readFile(notesPath, 'utf8').catch(() => null);
	const notes = text === null ? null : parseNotes(text, name);
	const info = await stat(path).catch(() => null);
	return info?.isFile() === true && info.size === notes?.sizeBytes ? notes : null;
}

/** Returns the SHA-256 of what it has written. */
async function writeHashed(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
	const hash = createHash('sha256');
	const hashed = async function* (): AsyncGenerator<Uint8Array, void> {
		for await (const chunk of content) {
			hash.update(chunk);
			yield chunk;
		}
	};
	await writeStream(path, hashed(), { flush: true });
	return hash.digest('hex');
}

/** Names the image in an error of the archive's writer, which knows only paths. */
function named(name: string, error: unknown): unknown {
	if (!(error instanceof SlipwayError) || error.code !== 'BAD_IMAGE' || error.message.includes(name))
		return error;
	return new SlipwayError(error.code, `${name}: ${error.message}`, { cause: error });
}

/**
 * Refreshes the mtimes, by which `slipway cache prune` finds unused files. Ignores a failure: a store that can't be written
 * can't be pruned either.
 */
async function markUsed({ path, notesPath }: Slot): Promise<void> {
	const now = new Date();
	for (const each of [path, notesPath]) await utimes(each, now, now).catch(() => undefined);
}
