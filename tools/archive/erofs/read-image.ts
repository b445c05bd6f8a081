// Reads the tree of an EROFS image that make-image.ts has made: inodes of the extended form, data that is not compressed. Images of
// other programs are refused where they have more. All numbers are checked against the image's size, and each directory is read once.

import { type FileHandle, open } from 'node:fs/promises';
import { nameFromBytes, pathMax } from '../../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../../errors.ts';
import type { Inode } from '../squashfs/inode.ts';
import {
	attributesLength,
	blockBytes,
	decodeListing,
	decodeSuperblock,
	inodeBytes,
	kindOfMode,
	layouts,
	slotBytes,
} from './inode.ts';

/** A name in the tree, and its inode. */
export interface ErofsMember {
	/** As `Entry.path`. */
	readonly path: string;
	readonly kind: Inode['kind'];
	/** Permission bits. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	/** Is the number of the inode, which further names of a file share. */
	readonly number: number;
	readonly sizeBytes: number;
	/** The position of the bytes of a file, which equal files share. */
	readonly start: number;
	/** Reads the bytes of a file or of a link, while the walk stands at this member. */
	content(): Promise<Buffer>;
}

class DamagedErofs extends SlipwayError {
	constructor(what: string, why: string) {
		super('BAD_IMAGE', `${what} is no intact EROFS image of Slipway: ${why}.`);
	}
}

/** No directory or file of a system is larger that is not data. */
const maxReadBytes = 1024 ** 3;

/** @param what - the image's name in errors */
export async function* readErofs(path: string, what: string): AsyncGenerator<ErofsMember, void> {
	const file = await open(path, 'r');
	try {
		const image = await openImage(file, what);
		yield* members(image, await readInode(image, image.root), '', new Set([image.root]));
	} finally {
		await file.close();
	}
}

interface Image {
	readonly file: FileHandle;
	readonly sizeBytes: number;
	/** The position of the table of inodes. */
	readonly table: number;
	readonly root: number;
	readonly what: string;
}

async function openImage(file: FileHandle, what: string): Promise<Image> {
	const { size: sizeBytes } = await file.stat();
	const image: Image = { file, sizeBytes, table: 0, root: 0, what };
	const superblock = decodeSuperblock(await readAt(image, 0, blockBytes));
	if (superblock === null) throw new DamagedErofs(what, 'its superblock is of another kind');
	return { ...image, table: superblock.table * blockBytes, root: superblock.root };
}

type Member = Omit<ErofsMember, 'path'>;

async function* members(
	image: Image,
	folder: Member,
	prefix: string,
	seen: Set<number>,
): AsyncGenerator<ErofsMember, void> {
	const listing = decodeListing(await folder.content());
	if (listing === null) throw new DamagedErofs(image.what, `the directory /${prefix} is damaged`);
	for (const { name, number } of listing) {
		const text = nameFromBytes(name);
		if (text === '.' || text === '..') continue;
		if (text === '' || text.includes('/'))
			throw new DamagedErofs(image.what, `a name in /${prefix} has a slash`);
		if (prefix.length + text.length > pathMax)
			throw new DamagedErofs(image.what, `a path has more than ${pathMax} characters`);
		const member = await readInode(image, number);
		yield { ...member, path: `${prefix}${text}` };
		if (member.kind !== 'directory') continue;
		if (seen.has(number)) throw new DamagedErofs(image.what, `/${prefix}${text} is a directory twice`);
		seen.add(number);
		yield* members(image, member, `${prefix}${text}/`, seen);
	}
}

async function readInode(image: Image, number: number): Promise<Member> {
	const position = image.table + number * slotBytes;
	const bytes = await readAt(image, position, inodeBytes);
	const form = bytes.readUInt16LE(0);
	const layout = form >> 1;
	const kind = kindOfMode(bytes.readUInt16LE(4));
	if ((form & 1) === 0 || (layout !== layouts.blocks && layout !== layouts.inline) || kind === null)
		throw new DamagedErofs(image.what, `inode ${number} is of another kind`);
	const sizeBytes = Number(bytes.readBigUInt64LE(8));
	const start = bytes.readUInt32LE(16) * blockBytes;
	const tail = layout === layouts.inline ? sizeBytes % blockBytes : 0;
	const tailAt = position + inodeBytes + attributesLength(bytes.readUInt16LE(2));
	return {
		kind,
		mode: bytes.readUInt16LE(4) & 0o7777,
		uid: bytes.readUInt32LE(24),
		gid: bytes.readUInt32LE(28),
		number,
		sizeBytes,
		start,
		async content() {
			if (sizeBytes > Math.min(image.sizeBytes, maxReadBytes))
				throw new DamagedErofs(image.what, `inode ${number} has ${sizeBytes} bytes`);
			const blocks = sizeBytes - tail;
			return Buffer.concat([
				blocks === 0 ? Buffer.alloc(0) : await readAt(image, start, blocks),
				tail === 0 ? Buffer.alloc(0) : await readAt(image, tailAt, tail),
			]);
		},
	};
}

async function readAt({ file, sizeBytes, what }: Image, position: number, length: number): Promise<Buffer> {
	if (!Number.isSafeInteger(position) || position + length > sizeBytes)
		throw new DamagedErofs(what, 'it ends too early');
	const bytes = Buffer.alloc(length);
	for (let at = 0; at < length; ) {
		const { bytesRead } = await file.read(bytes, at, length - at, position + at);
		if (bytesRead === 0) throw new DamagedErofs(what, 'it ends too early');
		at += bytesRead;
	}
	return bytes;
}
