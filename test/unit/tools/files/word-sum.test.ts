import { randomBytes } from 'node:crypto';
import test from 'ava';
import { wordSum } from '../../../../tools/files/word-sum.ts';

function sumOf(...pieces: readonly Uint8Array[]): string {
	const sum = wordSum();
	for (const piece of pieces) sum.add(piece);
	return sum.digest();
}

const words = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

test('wordSum() adds up words, and the sums after each', (t) => {
	const zeros = Buffer.alloc(128 - 8);
	// 29 words of zeros follow in the last 128 bytes, after each of which the sum is 3 still.
	t.is(sumOf(words(1, 2)), `00000003${(1 + 3 + 30 * 3).toString(16).padStart(8, '0')}`);
	t.is(sumOf(words(1, 2), zeros), sumOf(words(1, 2)));
	t.is(
		sumOf(words(0xffff_ffff, 2), zeros),
		`00000001${(2 ** 32 - 1 + 1 + 30 - 2 ** 32).toString(16).padStart(8, '0')}`,
	);
	t.is(sumOf(), '0000000000000000');
});

test('wordSum() does not depend on the pieces', (t) => {
	const bytes = randomBytes(300_001);
	const pieces: Uint8Array[] = [];
	for (let [at, size] = [0, 1]; at < bytes.length; at += size, size = (size * 7 + 3) % 90_001)
		pieces.push(bytes.subarray(at, at + size));
	t.is(sumOf(...pieces), sumOf(bytes));
});

test('wordSum() is another one after each flipped bit, and when words change places', (t) => {
	const bytes = randomBytes(256);
	const sum = sumOf(bytes);
	for (let bit = 0; bit < 8 * bytes.length; bit++) {
		const flipped = Buffer.from(bytes);
		flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
		t.not(sumOf(flipped), sum);
	}
	t.not(sumOf(bytes.subarray(4, 8), bytes.subarray(0, 4), bytes.subarray(8)), sum);
	t.not(sumOf(bytes.subarray(128), bytes.subarray(0, 128)), sum);
});

test('mark() takes the sum back to the bytes before', (t) => {
	const bytes = randomBytes(100_001);
	const sum = wordSum();
	sum.add(bytes);
	const forget = sum.mark();
	sum.add(randomBytes(200_000));
	forget();
	sum.add(bytes);
	t.is(sum.digest(), sumOf(bytes, bytes));
});
