// A tar as a stream of members (POSIX, PAX and GNU's long names). Our own reader, because an image's owners, binary
// attributes and odd names must come through exactly or not at all; nothing but one header is ever held.

import { SlipwayError } from '../commands/command.ts';
import { type ByteSource, byteSource } from './byte-source.ts';
import { addPaxRecords, noRecords, type PaxRecords } from './pax-records.ts';
import {
	blockBytes,
	checksumIsRight,
	decodeHeader,
	sizeOf,
	type TarHeader,
	typeOf,
	utf8,
} from './tar-header.ts';

export interface TarMember {
	readonly header: TarHeader;
	/** At most once, before the next member is asked for; what is not taken is passed over. */
	content(): AsyncIterable<Uint8Array>;
}

/** Names and attributes of one member; larger is an attack or a mistake. */
const maxExtensionBytes = 1024 * 1024;

/**
 * Reads `bytes` to their very end, past the archive's own: who made the stream may check a digest there.
 *
 * @param what - names the tar in an error
 */
export async function* tarMembers(
	bytes: AsyncIterable<Uint8Array>,
	what: string,
): AsyncGenerator<TarMember, void> {
	const source = byteSource(bytes, () => bad(what, 'it ends in the middle of a member'));
	try {
		let global = noRecords;
		let next: PaxRecords | null = null;
		for (;;) {
			const block = await source.exactly(blockBytes);
			if (block === null || block.every((byte) => byte === 0)) break;
			if (!checksumIsRight(block, what)) throw bad(what, 'a header has the wrong checksum');
			const type = typeOf(block);
			if (type === 'g') global = addPaxRecords(global, await extension(source, block, what), what);
			else if (type === 'x') next = addPaxRecords(next ?? global, await extension(source, block, what), what);
			else if (type === 'L' || type === 'K') {
				const name = cString(await extension(source, block, what), what);
				next = { ...(next ?? global), ...(type === 'L' ? { path: name } : { linkpath: name }) };
			} else {
				yield* member(source, decodeHeader(block, next ?? global, what));
				next = null;
			}
		}
		await source.drain();
	} finally {
		await source.close();
	}
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
	await source.skip(left + padding(header.sizeBytes));
}

async function extension(source: ByteSource, block: Buffer, what: string): Promise<Buffer> {
	const size = sizeOf(block, what);
	if (size > maxExtensionBytes) throw bad(what, `a header has ${size} bytes of names and attributes`);
	const bytes = await source.exactly(size + padding(size));
	if (bytes === null) throw bad(what, 'it ends after a header');
	return bytes.subarray(0, size);
}

function padding(size: number): number {
	return (blockBytes - (size % blockBytes)) % blockBytes;
}

function cString(bytes: Buffer, what: string): string {
	const end = bytes.indexOf(0);
	return utf8(end === -1 ? bytes : bytes.subarray(0, end), what);
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_TAR', `${what} is not a whole tar: ${why}.`);
}
