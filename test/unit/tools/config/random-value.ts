// Makes random values that pass a schema: texts of awkward characters wherever a text is free, examples of the schema where it
// is not. The same seed gives the same values.

import type { Schema } from '../../../../tools/config/schema.ts';

/** Returns numbers from 0 to below 1 (the generator mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const words =
	'a <<  # # : :  - ? , [ ] { } " \' \\ % @ ` ! &a *a | > ~ --- ... yes null 0x1f 1e3 .inf =  ${A} ${ $${B} $$ \\u0024{C} é € 😀';
/** Pieces with space, and characters that readers take as line ends, as controls or as nothing. */
const pieces = [
	...words.split(' '),
	...[' ', '\n', '\n\n', '\t', '\r', '\r\n', ' #', ': ', '- ', '  - a: b\n', 'word '.repeat(20)],
	...[
		'\u0001',
		'\u007f',
		'\u0085',
		'\u00a0',
		'\u00ad',
		'\u200b',
		'\u2028',
		'\u2029',
		'\ufeff',
		'\ufffe',
		'\uffff',
	],
	...['\ue000', '\ud7ff'],
];

export function randomText(random: () => number): string {
	const length = Math.floor(random() * 6);
	return Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('');
}

/** Returns undefined where the schema allows nothing that is made up and has no example. */
export function randomValue(schema: Schema, random: () => number): unknown {
	const example = schema.examples?.[Math.floor(random() * schema.examples.length)];
	switch (schema.type) {
		case 'string': {
			const text = schema.oneOf?.[Math.floor(random() * schema.oneOf.length)] ?? randomText(random);
			return schema.check === undefined || schema.check(text) === null ? text : example;
		}
		case 'boolean':
			return random() < 0.5;
		case 'integer':
			return [schema.minimum, schema.maximum, 0n, 7n].filter(
				(each) => each >= schema.minimum && each <= schema.maximum,
			)[Math.floor(random() * 3)];
		case 'id':
			return Math.floor(random() * 70_000);
		case 'list': {
			const items = Array.from({ length: Math.floor(random() * 4) }, () => randomValue(schema.of, random));
			const isWhole = !items.includes(undefined) && schema.unique === undefined;
			return isWhole && (schema.check?.(items as string[]) ?? null) === null ? items : example;
		}
		case 'map': {
			const entries = Array.from({ length: Math.floor(random() * 4) }, () => [
				randomText(random),
				randomValue(schema.of, random),
			]);
			return Object.fromEntries(entries);
		}
		case 'record': {
			const entries = Object.entries(schema.keys)
				.filter(([key]) => schema.required.includes(key) || random() < 0.5)
				.map(([key, of]) => [key, randomValue(of, random)] as const)
				.filter(([, value]) => value !== undefined);
			const value = Object.fromEntries(entries);
			const isWhole = schema.required.every((key) => key in value);
			return isWhole && (schema.check?.(value) ?? null) === null ? value : example;
		}
		case 'choice':
			return random() < 0.5 ? schema.words[0] : randomValue(schema.of, random);
		default:
			return example;
	}
}
