// The compression of a layer: gzip and zstd frames, cut, joined and damaged. Node's zlib is the other reader.

import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decompress } from '../../../supervisor/image/decompress.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { inPieces, tarSeeds } from '../support/tar-blocks.ts';

const tars = tarSeeds().slice(0, 3);
const gzips = tars.map((tar) => gzipSync(tar));
const zstds = tars.map((tar) => zstdCompressSync(tar));
const skippableFrame = Buffer.from('502a4d1804000000deadbeef', 'hex');
const maxReadBytes = 8 * 1024 * 1024;

export const target: FuzzTarget = {
	seeds: [
		...gzips,
		...zstds,
		Buffer.concat(gzips),
		Buffer.concat(zstds),
		Buffer.concat([skippableFrame, ...zstds]),
		'plain',
		'',
	],
	words: [
		skippableFrame,
		gzips[0] ?? '',
		zstds[0] ?? '',
		Buffer.from([0x1f, 0x8b, 8]),
		Buffer.from('28b52ffd', 'hex'),
	],
	// `readLayer()` makes a message of whatever zlib says.
	declares: (error) => /^(Z_|ZSTD_|ERR_)/.test((error as NodeJS.ErrnoException).code ?? ''),
	async run(input) {
		const parts: Uint8Array[] = [];
		let bytes = 0;
		for await (const chunk of decompress(inPieces(input))) {
			bytes += chunk.length;
			if (bytes > maxReadBytes) return;
			parts.push(chunk);
		}
		const other = otherReader(input);
		if (other !== null && !other.equals(Buffer.concat(parts)))
			throw new Violation('another result than zlib has at once');
	},
};

/** Returns null for what is not compressed, or damaged in its end, where a stream may have said more before. */
function otherReader(input: Buffer): Buffer | null {
	const magic = input.toString('hex', 0, 4);
	try {
		if (magic.startsWith('1f8b')) return gunzipSync(input, { maxOutputLength: maxReadBytes });
		if (magic === '28b52ffd') return zstdDecompressSync(input, { maxOutputLength: maxReadBytes });
	} catch {}
	return null;
}
