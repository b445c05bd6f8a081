// Reads a tar as a stream of members (POSIX, PAX, GNU's long names and sparse files). It is a reader of our own because an
// image's owners, binary attributes and odd names must be kept exactly or refused. It holds one header in memory.

import { type ByteSource, byteSource } from './byte-source.ts';
import { fileKind } from './file-kind.ts';
import { linkTargetFromBytes, pathFromBytes, pathMax } from './name-bytes.ts';
import { NoTarError } from './no-tar-error.ts';
import { addPaxRecords, noRecords, type PaxRecords } from './pax-records.ts';
import { SlipwayError } from './slipway-error.ts';
import { checkSparseMap, fillHoles, readOldSparseMap, readPaxSparseMap, type SparseMap } from './sparse.ts';
import {
	blockBytes,
	checksumIsRight,
	decodeHeader,
	looksLikeTar,
	sizeOf,
	type TarHeader,
	typeOf,
} from './tar-header.ts';

export interface TarMember {
	readonly header: TarHeader;
	/** Is called at most once, before the next member is requested. Bytes that are not read are skipped. */
	content(): AsyncIterable<Uint8Array>;
}

/** More than these limits is an attack or a mistake. */
interface ExtensionLimits {
	readonly headers: number;
	readonly bytes: number;
	/** Names the bytes in an error. */
	readonly of: string;
}

/** The headers before one member. Writers use a PAX header, or two of GNU's. */
const memberLimits: ExtensionLimits = { headers: 8, bytes: 1024 * 1024, of: 'names and attributes' };

/** The global headers of an archive. `git archive` writes one of 52 bytes. Their records are kept for all later members. */
const globalLimits: ExtensionLimits = { headers: 1000, bytes: 64 * 1024, of: 'global PAX headers' };

/** GNU's header for a long name ends with a NUL, and some writers may fill its block. */
const maxLongNameBytes = pathMax + blockBytes;

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
	let isFirst = true;
	let entry = `${what}: the first entry`;
	const source = byteSource(bytes, (partial) =>
		isFirst && fileKind(partial) !== null
			? new NoTarError(what, partial)
			: bad(what, `it ends in the middle of ${where}`),
	);
	const readGlobal = extensions(source, globalLimits);
	try {
		let global = noRecords;
		let next: PaxRecords | null = null;
		let readNext = extensions(source, memberLimits);
		for (;;) {
			const block = await source.exactly(blockBytes);
			if (block === null) break;
			if (isZero(block)) {
				await endMarker(source, what, where);
				break;
			}
			if (isFirst && !looksLikeTar(block)) throw new NoTarError(what, block);
			isFirst = false;
			if (!checksumIsRight(block, what)) throw bad(what, `a header has the wrong checksum, after ${where}`);
			const type = typeOf(block);
			if (type === 'g') global = globalRecords(global, await readGlobal(block, entry), entry);
			else if (type === 'x') next = addPaxRecords(next ?? global, await readNext(block, entry), entry);
			else if (type === 'L' || type === 'K') {
				const name = cString(await readNext(block, entry, maxLongNameBytes));
				next = {
					...(next ?? global),
					...(type === 'L'
						? { path: pathFromBytes(name, entry) }
						: { linkpath: linkTargetFromBytes(name, entry) }),
				};
			} else {
				const pax: PaxRecords = next ?? global;
				const header = decodeHeader(block, pax, what);
				where = header.name;
				entry = `${what}: the entry after ${header.name.slice(0, maxNameInErrors)}`;
				const sparse = await sparseMap(source, block, pax, `${what}: ${header.name}`);
				yield* sparse === null ? member(source, header) : sparseMember(source, header, sparse, what);
				next = null;
				readNext = extensions(source, memberLimits);
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

/**
 * Returns a function that reads the contents of extension headers. It throws before it reads what exceeds the limits of all
 * of them together, or `maxBytes` of this one.
 */
function extensions(source: ByteSource, limits: ExtensionLimits) {
	let headers = 0;
	let bytes = 0;
	return async (block: Buffer, where: string, maxBytes = limits.bytes): Promise<Buffer> => {
		const size = sizeOf(block, where);
		headers += 1;
		bytes += size;
		if (size > maxBytes) {
			const kind = maxBytes === limits.bytes ? limits.of : 'a name';
			throw new SlipwayError(
				'BAD_IMAGE',
				`${where} has a header of ${size} bytes for ${kind}; ${maxBytes} are allowed.`,
			);
		}
		if (bytes > limits.bytes)
			throw new SlipwayError('BAD_IMAGE', `${where} has more than ${limits.bytes} bytes of ${limits.of}.`);
		if (headers > limits.headers)
			throw new SlipwayError(
				'BAD_IMAGE',
				`${where} has more than ${limits.headers} headers for ${limits.of}.`,
			);
		const contents = await source.exactly(size + padding(size));
		if (contents === null)
			throw new SlipwayError('BAD_IMAGE', `${where} is missing: the tar ends after a header.`);
		return contents.subarray(0, size);
	};
}

/** Refuses a sparse map for all later members, which each of them would have to read. */
function globalRecords(before: PaxRecords, bytes: Buffer, where: string): PaxRecords {
	const records = addPaxRecords(before, bytes, where);
	if (records.sparse.length === 0) return records;
	throw new SlipwayError('BAD_IMAGE', `${where} has a sparse map in a global PAX header.`);
}

/** An error names an entry by so many characters. */
const maxNameInErrors = 300;

function isZero(block: Buffer): boolean {
	return block.every((byte) => byte === 0);
}

function padding(size: number): number {
	return (blockBytes - (size % blockBytes)) % blockBytes;
}

function cString(bytes: Buffer): Buffer {
	const end = bytes.indexOf(0);
	return end === -1 ? bytes : bytes.subarray(0, end);
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what} is not a whole tar: ${why}.`);
}
