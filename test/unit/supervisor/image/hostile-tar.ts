// The parts of a tar, which a test puts together as no honest writer does.

import { encodePaxRecords } from '../../../../supervisor/image/pax-records.ts';

export function tarHeader(type: string, name: string, sizeBytes = 0, linkname = ''): Buffer {
	const block = Buffer.alloc(512);
	block.write(name, 0, 100);
	block.write('0000644\x000000000\x000000000\x00', 100);
	block.write(`${sizeBytes.toString(8).padStart(11, '0')}\x0000000000000\x00        ${type}`, 124);
	block.write(linkname, 157, 100);
	block.write('ustar\x0000', 257);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return block;
}

/** Returns a header with its contents, padded to a block. */
export function withContents(type: string, name: string, contents: Buffer): Buffer {
	const padding = Buffer.alloc((512 - (contents.length % 512)) % 512);
	return Buffer.concat([tarHeader(type, name, contents.length), contents, padding]);
}

/** Returns a PAX header of the type `x` (for the next member) or `g` (for all later ones). */
export function paxHeader(
	records: readonly (readonly [key: string, value: string | Buffer])[],
	type: 'x' | 'g' = 'x',
): Buffer {
	const encoded = encodePaxRecords(records.map(([key, value]) => ({ key, value: Buffer.from(value) })));
	return withContents(type, 'pax', encoded);
}

/** Yields the parts, then the end mark. `readBytes` counts what the reader has requested. */
export function countedTar(parts: Iterable<Buffer>) {
	const counted = {
		readBytes: 0,
		bytes: async function* () {
			for (const part of parts) {
				for (let at = 0; at < part.length; at += 4096) {
					const chunk = part.subarray(at, at + 4096);
					counted.readBytes += chunk.length;
					yield chunk;
				}
			}
			yield Buffer.alloc(1024);
		},
	};
	return counted;
}
