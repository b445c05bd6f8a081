// A sum of bytes that one pass without multiplications makes, and that the first program checks (native/first/image-sum.c): `a` of the
// 32-bit little-endian words, `b` of all values that `a` had, both modulo 2^32. Zeros fill the last 128 bytes. Any change within one
// word changes `a`, and words that change places change `b`. It finds damage, not forgery.

const stepBytes = 128;
const bufferWords = 16 * 1024;
const bufferBytes = 4 * bufferWords;

export interface WordSum {
	/** Takes parts of a word, too. */
	add(bytes: Uint8Array): void;
	/** Returns a function that forgets all bytes that were added since. */
	mark(): () => void;
	/** Returns `a` and `b` as 16 hexadecimal digits. No bytes may follow. */
	digest(): string;
}

export function wordSum(): WordSum {
	// Bytes come at any position, and words are read at multiples of four only.
	const buffer = new Uint8Array(bufferBytes);
	const words = new Uint32Array(buffer.buffer);
	let filled = 0;
	let [a, b] = [0, 0];

	function sumUp(wordCount: number): void {
		let [sum, sums] = [a, b];
		for (let at = 0; at < wordCount; at++) {
			sum = (sum + (words[at] ?? 0)) | 0;
			sums = (sums + sum) | 0;
		}
		[a, b] = [sum, sums];
		filled = 0;
	}

	return {
		add(bytes) {
			for (let at = 0; at < bytes.length; ) {
				const taken = bytes.subarray(at, at + bufferBytes - filled);
				buffer.set(taken, filled);
				filled += taken.length;
				at += taken.length;
				if (filled === bufferBytes) sumUp(bufferWords);
			}
		},
		mark() {
			const marked = { a, b, waiting: buffer.slice(0, filled) };
			return () => {
				[a, b] = [marked.a, marked.b];
				buffer.set(marked.waiting);
				filled = marked.waiting.length;
			};
		},
		digest() {
			const end = Math.ceil(filled / stepBytes) * stepBytes;
			buffer.fill(0, filled, end);
			sumUp(end / 4);
			return digits(a) + digits(b);
		},
	};
}

function digits(value: number): string {
	return (value >>> 0).toString(16).padStart(8, '0');
}
