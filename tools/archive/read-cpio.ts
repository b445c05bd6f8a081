// Reads archives of the `newc` cpio format (cpio(5)) that follow one another, as the kernel does with an initrd. It reads what people
// name, such as an initrd of another tool, so that numbers and lengths are checked.

import { byteSource } from '../../supervisor/image/byte-source.ts';
import { nameFromBytes } from '../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../errors.ts';

const headerBytes = 110;
const numberBytes = 8;
const trailer = 'TRAILER!!!';
const maxPathBytes = 4096;
/** The order of the header after its six letters. */
const fields = [
	'inode',
	'mode',
	'uid',
	'gid',
	'links',
	'mtime',
	'size',
	'devMajor',
	'devMinor',
	'major',
	'minor',
	'name',
] as const;

export interface CpioMember {
	readonly path: string;
	/** With the bits of the kind (stat(2)). */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	/** The same for all names of a file, within one archive. */
	readonly file: string;
	/** The number of names. Only the last one has the bytes. */
	readonly links: number;
	readonly sizeBytes: number;
	readonly major: number;
	readonly minor: number;
	/** May be read once, before the next member is requested. */
	content(): AsyncIterable<Uint8Array>;
}

/**
 * Yields the members of all archives.
 *
 * @param name - names the input in errors
 */
export async function* readCpio(
	bytes: AsyncIterable<Uint8Array>,
	name: string,
): AsyncGenerator<CpioMember, void> {
	const wrong = (why: string): SlipwayError =>
		new SlipwayError('BAD_INPUT', `${name} is no initrd of cpio archives: ${why}.`);
	const source = byteSource(bytes, () => wrong('it ends in the middle of an archive'));
	let archive = 0;
	try {
		for (;;) {
			const first = await source.exactly(4);
			if (first === null) return;
			// The kernel skips zeros between two archives.
			if (first.every((byte) => byte === 0)) continue;
			const rest = await source.exactly(headerBytes - first.length);
			const header = Buffer.concat([first, rest ?? Buffer.alloc(0)]).toString('latin1');
			if (!/^07070[12][0-9a-fA-F]{104}$/.test(header))
				throw wrong('a header is damaged or of another format');
			const numbers = fields.map((_, at) =>
				Number.parseInt(header.slice(6 + at * numberBytes, 6 + (at + 1) * numberBytes), 16),
			);
			const [inode = 0, mode = 0, uid = 0, gid = 0, links = 0, , sizeBytes = 0, devMajor = 0, devMinor = 0] =
				numbers;
			const [major = 0, minor = 0, nameBytes = 0] = numbers.slice(9);
			if (nameBytes === 0 || nameBytes > maxPathBytes) throw wrong(`a name has ${nameBytes} bytes`);
			const path = await source.exactly(nameBytes + paddingOf(headerBytes + nameBytes));
			const text = nameFromBytes((path ?? Buffer.alloc(0)).subarray(0, nameBytes - 1));
			if (text === trailer) {
				archive += 1;
				continue;
			}
			let left = sizeBytes;
			yield {
				...{ path: text, mode, uid, gid, links, sizeBytes, major, minor },
				file: `${archive} ${devMajor} ${devMinor} ${inode}`,
				async *content() {
					while (left > 0) {
						const piece = await source.upTo(left);
						left -= piece.length;
						yield piece;
					}
				},
			};
			await source.skip(left + paddingOf(sizeBytes));
		}
	} finally {
		await source.close();
	}
}

function paddingOf(bytes: number): number {
	return (4 - (bytes % 4)) % 4;
}
