// Contents that look like a real image's to a compressor and are the same at every run: made from a seed.

import { createCipheriv, createHash } from 'node:crypto';

const chunkBytes = 64 * 1024;

/** Numbers from 0 to 1, by mulberry32. */
export function randomNumbers(seed: string): () => number {
	let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Bytes that nothing compresses: a cipher's key stream. */
export async function* randomBytes(seed: string, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
	const key = createHash('sha256').update(seed).digest();
	const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
	for (let left = sizeBytes; left > 0; left -= chunkBytes) {
		yield cipher.update(Buffer.alloc(Math.min(left, chunkBytes)));
	}
}

/** Words, some of them much more frequent than others, as in texts and programs. */
export async function* randomText(seed: string, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
	const random = randomNumbers(seed);
	for (let left = sizeBytes; left > 0; left -= chunkBytes) {
		const chunk = Buffer.alloc(Math.min(left, chunkBytes));
		for (let at = 0; at < chunk.length; ) {
			const word = words[Math.floor(random() ** 3 * words.length)] ?? '';
			at += chunk.write(word, at, 'latin1');
		}
		yield chunk;
	}
}

const words: readonly string[] = makeWords();

function makeWords(): string[] {
	const random = randomNumbers('words');
	return Array.from({ length: 4096 }, () => {
		const letters = Array.from({ length: 2 + Math.floor(8 * random()) }, () =>
			String.fromCharCode(0x61 + Math.floor(26 * random())),
		);
		return `${letters.join('')} `;
	});
}
