// The first and the last archive of an initrd, each of one file (supervisor/contract/unpacking-files.ts). The size in the last
// one can be read back from the end of the initrd.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type UnpackedSize, unpackedFile, unpackingFile } from '../../supervisor/contract/unpacking-files.ts';
import { cpioArchive } from '../archive/cpio.ts';
import type { Entry } from '../archive/entry.ts';
import { textFile } from '../system/place-image.ts';

/** An upper limit for the last archive. */
const tailBytes = 2048;
/** Starts a frame: RFC 8878, 3.1.1. */
const zstdMagic = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);

export async function firstArchive(): Promise<Buffer> {
	return await archiveOf(textFile(unpackingFile, ''));
}

export async function lastArchive(size: UnpackedSize): Promise<Buffer> {
	return await archiveOf(textFile(unpackedFile, `${JSON.stringify(size)}\n`));
}

async function archiveOf(entry: Entry): Promise<Buffer> {
	const bytes: Uint8Array[] = [];
	for await (const chunk of cpioArchive(one(entry))) bytes.push(chunk);
	return zstdCompressSync(Buffer.concat(bytes), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

async function* one(entry: Entry): AsyncGenerator<Entry, void> {
	yield entry;
}

/** Returns null for an initrd without a size, such as LinuxKit's. */
export function readUnpackedSize(initrd: string): UnpackedSize | null {
	const tail = readTail(initrd);
	const start = tail.lastIndexOf(zstdMagic);
	if (start === -1) return null;
	let text: string;
	try {
		text = zstdDecompressSync(tail.subarray(start), { maxOutputLength: 16 * tailBytes }).toString('latin1');
	} catch {
		return null;
	}
	const at = text.indexOf(`${unpackedFile}\0`);
	const [, bytes, entries] = /\{"bytes":(\d+),"entries":(\d+)\}/.exec(text.slice(Math.max(at, 0))) ?? [];
	return at === -1 || bytes === undefined ? null : { bytes: Number(bytes), entries: Number(entries) };
}

/** Returns the end of an initrd, in which its size stands. */
export function readTail(path: string): Buffer {
	const fd = openSync(path, 'r');
	try {
		const { size } = fstatSync(fd);
		const tail = Buffer.alloc(Math.min(size, tailBytes));
		return tail.subarray(0, readSync(fd, tail, 0, tail.length, size - tail.length));
	} finally {
		closeSync(fd);
	}
}
