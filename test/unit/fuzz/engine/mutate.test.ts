import test from 'ava';
import { mutate, repeatTo, someRepetition } from '../../../fuzz/engine/mutate.ts';
import { randomFrom } from '../../../fuzz/engine/random.ts';

const material = { corpus: [Buffer.from('other input')], words: [Buffer.from('WORD')], maxBytes: 1000 };

function mutations(seed: number): Buffer[] {
	const random = randomFrom(seed);
	return Array.from({ length: 2000 }, () => mutate(Buffer.from('an input 12'), random, material));
}

test('mutate() repeats its inputs for the same seed, and makes others for another', (t) => {
	t.deepEqual(mutations(1), mutations(1));
	t.notDeepEqual(mutations(1), mutations(2));
});

test('mutate() leaves the original, stays below the limit, and uses words and other inputs', (t) => {
	const original = Buffer.from('an input 12');
	const random = randomFrom(3);
	for (let turn = 0; turn < 2000; turn++) t.true(mutate(original, random, material).length <= 1000);
	t.is(original.toString(), 'an input 12');
	t.true(mutations(1).some((input) => input.includes('WORD')));
	t.true(mutations(1).some((input) => input.includes('other')));
	t.true(mutations(1).some((input) => input.length === 0 || input.length > 500));
});

test('mutate() changes an empty input', (t) => {
	const random = randomFrom(5);
	const made = Array.from({ length: 100 }, () => mutate(Buffer.alloc(0), random, material));
	t.true(made.some((input) => input.length > 0));
});

test('repeatTo() repeats one part, or two parts equally', (t) => {
	const input = Buffer.from('<(x)>');
	t.is(repeatTo(input, { ranges: [{ at: 1, length: 1 }] }, 10).toString(), '<((((((x)>');
	const both = {
		ranges: [
			{ at: 1, length: 1 },
			{ at: 3, length: 1 },
		],
	};
	t.is(repeatTo(input, both, 11).toString(), '<((((x))))>');
	t.is(repeatTo(input, both, 3).toString(), '<(x)>');
});

test('someRepetition() stays in the input', (t) => {
	const random = randomFrom(7);
	for (let turn = 0; turn < 1000; turn++) {
		for (const { at, length } of someRepetition(Buffer.from('abcdef'), random).ranges) {
			t.true(length > 0 && at + length <= 6);
		}
	}
});
