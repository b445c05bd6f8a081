// Reads a tar as a stream of members (POSIX, PAX, GNU's long names and sparse files). It is a reader of our own because an
// image's owners, binary attributes and odd names must be kept exactly or refused. It holds one header in memory.

import { SlipwayError } from '../errors.ts';
import { type ByteSource, byteSource } from './byte-source.ts';
import { nameFromBytes } from './name-bytes.ts';
import { addPaxRecords, noRecords, type PaxRecords } from './pax-records.ts';
import { checkSparseMap, fillHoles, readOldSparseMap, readPaxSparseMap, type SparseMap } from './sparse.ts';
import { blockBytes, checksumIsRight, decodeHeader, sizeOf, type TarHeader, typeOf } from './tar-header.ts';

export interface TarMember {
	readonly header: TarHeader;
	/** Is called at most once, before the next member is requested. Bytes that are not read are skipped. */
	content(): AsyncIterable<Uint8Array>;
}

/** The limit for names and attributes of one member. A larger header is an attack or a mistake. */
const maxExtensionBytes = 1024 * 1024;

/**
 * Yields the members. Reads `bytes` to their end, past that of the archive, where the stream may check a digest.
 *
 * @param what - names the tar in an error
 */
export async function* tarMembers(
	bytes: AsyncIterable<Uint8Array>,
	what: string,
): AsyncGenerator<TarMember, void> {
	let where = 'its first header';
	const source = byteSource(bytes, () => bad(what, `it ends in the middle of ${where}`));
	try {
		let global = noRecords;
		let next: PaxRecords | null = null;
		for (;;) {
			const block = await source.exactly(blockBytes);
			if (block === null) break;
			if (isZero(block)) {
				await endMarker(source, what, where);
				break;
			}
			if (!checksumIsRight(block, what)) throw bad(what, `a header has the wrong checksum, after ${where}`);
			const type = typeOf(block);
			if (type === 'g') global = addPaxRecords(global, await extension(source, block, what), what);
			else if (type === 'x') next = addPaxRecords(next ?? global, await extension(source, block, what), what);
			else if (type === 'L' || type === 'K') {
				const name = cString(await extension(source, block, what));
				next = { ...(next ?? global), ...(type === 'L' ? { path: name } : { linkpath: name }) };
			} else {
				const pax: PaxRecords = next ?? global;
				const header = decodeHeader(block, pax, what);
				where = header.name;
				const sparse = await sparseMap(source, block, pax, `${what}: ${header.name}`);
				yield* sparse === null ? member(source, header) : sparseMember(source, header, sparse, what);
				next = null;
			}
		}
		await source.drain();
	} finally {
		await source.close();
	}
}

/** Requires two blocks of zeros. After a single one, some readers stop and others go on, and they see different trees. */
async function endMarker(source: ByteSource, what: string, where: string): Promise<void> {
	const second = await source.exactly(blockBytes);
	if (second !== null && !isZero(second)) throw bad(what, `a lone block of zeros follows ${where}`);
}

async function* member(source: ByteSource, header: TarHeader): AsyncGenerator<TarMember, void> {
	let left = header.sizeBytes;
	const content = async function* (): AsyncGenerator<Uint8Array, void> {
		while (left > 0) {
			const chunk = await source.upTo(left);
			left -= chunk.length;
			yield chunk;
		}
	};
	yield { header, content };
	await source.skip(left);
	await source.skipUpTo(padding(header.sizeBytes));
}

async function sparseMap(
	source: ByteSource,
	block: Buffer,
	pax: PaxRecords,
	what: string,
): Promise<SparseMap | null> {
	if (typeOf(block) === 'S') return { name: null, ...(await readOldSparseMap(block, source, what)) };
	return pax.sparse.length === 0 ? null : await readPaxSparseMap(pax.sparse, source, what);
}

/** @param header - its size is that of the stored bytes */
async function* sparseMember(
	source: ByteSource,
	header: TarHeader,
	map: SparseMap,
	what: string,
): AsyncGenerator<TarMember, void> {
	const name = map.name ?? header.name;
	let left = header.sizeBytes - map.mapBytes;
	checkSparseMap(map, left, `${what}: ${name}`);
	const content = (): AsyncIterable<Uint8Array> =>
		fillHoles(map, async (upTo) => {
			const chunk = await source.upTo(upTo);
			left -= chunk.length;
			return chunk;
		});
	yield { header: { ...header, name, sizeBytes: map.sizeBytes }, content };
	await source.skip(left);
	await source.skipUpTo(padding(header.sizeBytes));
}

async function extension(source: ByteSource, block: Buffer, what: string): Promise<Buffer> {
	const size = sizeOf(block, what);
	if (size > maxExtensionBytes) throw bad(what, `a header has ${size} bytes of names and attributes`);
	const bytes = await source.exactly(size + padding(size));
	if (bytes === null) throw bad(what, 'it ends after a header');
	return bytes.subarray(0, size);
}

function isZero(block: Buffer): boolean {
	return block.every((byte) => byte === 0);
}

function padding(size: number): number {
	return (blockBytes - (size % blockBytes)) % blockBytes;
}

function cString(bytes: Buffer): string {
	const end = bytes.indexOf(0);
	return nameFromBytes(end === -1 ? bytes : bytes.subarray(0, end));
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what} is not a whole tar: ${why}.`);
}
