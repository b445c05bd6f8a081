// Makes new inputs of known ones: small changes (havoc), words of a dictionary, parts of other inputs (splice), and
// repetitions, which find work that grows faster than its input. Pure: the randomness is an argument.

import type { Random } from './random.ts';

export interface Material {
	/** Other inputs, of which parts are taken. */
	readonly corpus: readonly Buffer[];
	readonly words: readonly Buffer[];
	readonly maxBytes: number;
}

/** Bytes at the limits of number fields, and the punctuation of text formats. */
const notableBytes = Buffer.from([
	0,
	1,
	0x7f,
	0x80,
	0xff,
	...Buffer.from('\n\r\t 09/.,:;=-+"\'\\{}[]()<>&*#%@$~_Aaz'),
]);

const notableNumbers: readonly string[] = [
	...['0', '-1', '1', '4294967295', '4294967296', '9007199254740991', '9007199254740993'],
	...['1e21', '0x7fffffff', '-0', '99999999999999999999', '1.5', 'NaN', 'Infinity'],
];

type Mutation = (input: Buffer, random: Random, material: Material) => Buffer;

/** Returns an input of at most `maxBytes`. The original stays as it is. */
export function mutate(input: Buffer, random: Random, material: Material): Buffer {
	let mutated: Buffer = Buffer.from(input);
	for (let left = 1 << random.below(5); left > 0; left--) {
		const mutation = random.pick(mutations) ?? flipBit;
		mutated = mutation(mutated, random, material).subarray(0, material.maxBytes);
	}
	return mutated;
}

/** Replaces `removed` bytes at `at` by `inserted`. */
function splice(input: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
	return Buffer.concat([input.subarray(0, at), inserted, input.subarray(at + removed)]);
}

/** A range of the input; short ones are frequent. */
function someRange(input: Buffer, random: Random): { at: number; length: number } {
	const at = random.below(input.length + 1);
	const length = Math.min(input.length - at, 1 + random.below(1 << random.below(13)));
	return { at, length };
}

const flipBit: Mutation = (input, random) => {
	if (input.length === 0) return input;
	const at = random.below(input.length);
	input[at] = (input[at] ?? 0) ^ (1 << random.below(8));
	return input;
};

const setByte: Mutation = (input, random) => {
	if (input.length > 0) input[random.below(input.length)] = random.below(256);
	return input;
};

const setNotableByte: Mutation = (input, random) => {
	if (input.length > 0)
		input[random.below(input.length)] = notableBytes[random.below(notableBytes.length)] ?? 0;
	return input;
};

const addToByte: Mutation = (input, random) => {
	if (input.length === 0) return input;
	const at = random.below(input.length);
	input[at] = (input[at] ?? 0) + random.below(35) - 17;
	return input;
};

const removeRange: Mutation = (input, random) => {
	const { at, length } = someRange(input, random);
	return splice(input, at, length, Buffer.alloc(0));
};

const copyRange: Mutation = (input, random) => {
	const { at, length } = someRange(input, random);
	return splice(input, random.below(input.length + 1), 0, input.subarray(at, at + length));
};

const insertRun: Mutation = (input, random) => {
	const byte = random.below(2) === 0 ? random.below(256) : (random.pick([...notableBytes]) ?? 0);
	return splice(
		input,
		random.below(input.length + 1),
		0,
		Buffer.alloc(1 + random.below(1 << random.below(9)), byte),
	);
};

const useWord: Mutation = (input, random, { words }) => {
	const word = random.pick(words);
	if (word === undefined) return input;
	return splice(input, random.below(input.length + 1), random.below(2) === 0 ? 0 : word.length, word);
};

const useOtherInput: Mutation = (input, random, { corpus }) => {
	const other = random.pick(corpus);
	if (other === undefined) return input;
	const { at, length } = someRange(other, random);
	const removed = random.below(2) === 0 ? 0 : length;
	return splice(input, random.below(input.length + 1), removed, other.subarray(at, at + length));
};

const setNumber: Mutation = (input, random) => {
	if (input.length < 8) return input;
	const at = random.below(input.length - 7);
	const value =
		random.pick([0, 1, 0xffffffff, 0x7fffffff, 0x80000000, input.length, random.below(65536)]) ?? 0;
	const write = random.below(4);
	if (write === 0) input.writeUInt32LE(value, at);
	else if (write === 1) input.writeUInt32BE(value, at);
	else if (write === 2) input.writeBigUInt64LE(BigInt(value) << BigInt(random.below(33)), at);
	else input.writeBigUInt64BE(BigInt(value) << BigInt(random.below(33)), at);
	return input;
};

const writeNumber: Mutation = (input, random) => {
	const digits = Buffer.from(random.pick(notableNumbers) ?? '0');
	return splice(input, random.below(input.length + 1), random.below(2) * digits.length, digits);
};

/** Replaces a number in the text by another of about its size. */
const changeNumber: Mutation = (input, random) => {
	const at = random.below(input.length + 1);
	const found = /\d+/.exec(input.toString('latin1', at, at + 200));
	if (found === null) return input;
	const changed = Buffer.from(String(Math.max(0, Number(found[0].slice(0, 15)) + random.below(5) - 2)));
	return splice(input, at + found.index, found[0].length, changed);
};

const swapRanges: Mutation = (input, random) => {
	const first = someRange(input, random);
	const second = someRange(input, random);
	const [a, b] = first.at <= second.at ? [first, second] : [second, first];
	if (a.at + a.length > b.at) return input;
	return Buffer.concat([
		input.subarray(0, a.at),
		input.subarray(b.at, b.at + b.length),
		input.subarray(a.at + a.length, b.at),
		input.subarray(a.at, a.at + a.length),
		input.subarray(b.at + b.length),
	]);
};

/** Repeats a range 2 to 512 times. Seldom: all that is made of a long input is slow. */
const repeatRange: Mutation = (input, random, { maxBytes }) => {
	if (random.below(24) !== 0) return input;
	const { at, length } = someRange(input, random);
	const times = Math.min(2 << random.below(9), Math.floor(maxBytes / Math.max(1, length)));
	return splice(input, at, 0, repeated(input.subarray(at, at + length), times * length));
};

const mutations: readonly Mutation[] = [
	...[flipBit, setByte, setNotableByte, addToByte, removeRange, copyRange, insertRun],
	...[useWord, useWord, useOtherInput, setNumber, writeNumber, changeNumber, swapRanges, repeatRange],
];

/** Where an input is made longer: one range, or two of which each is repeated (an opening and a closing word). */
export interface Repetition {
	readonly ranges: readonly { readonly at: number; readonly length: number }[];
}

/** Short ranges are frequent: a token or a line is what nests or accumulates. */
export function someRepetition(input: Buffer, random: Random): Repetition {
	const short = () => {
		const at = random.below(Math.max(1, input.length));
		return { at, length: Math.max(1, Math.min(input.length - at, 1 + random.below(1 << random.below(10)))) };
	};
	const first = short();
	const second = short();
	const apart = first.at + first.length <= second.at;
	return { ranges: apart && random.below(2) === 0 ? [first, second] : [first] };
}

/** Returns the input with its ranges repeated until it has about `sizeBytes`. */
export function repeatTo(input: Buffer, { ranges }: Repetition, sizeBytes: number): Buffer {
	const perRange = Math.max(0, sizeBytes - input.length) / ranges.length;
	const parts: Buffer[] = [];
	let from = 0;
	for (const { at, length } of ranges) {
		const end = at + length;
		parts.push(input.subarray(from, end));
		const range = input.subarray(at, end);
		if (range.length > 0) parts.push(repeated(range, Math.floor(perRange / range.length) * range.length));
		from = end;
	}
	return Buffer.concat([...parts, input.subarray(from)]);
}

function repeated(range: Uint8Array, sizeBytes: number): Buffer {
	return range.length === 0 ? Buffer.alloc(0) : Buffer.alloc(sizeBytes, range);
}
