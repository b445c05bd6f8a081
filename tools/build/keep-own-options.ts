// Keeps Node from the options of slipway. Node looks for a few of its own options among all words of the command line, also in an
// executable that takes no other option (`execArgvExtension: 'none'`): `slipway build --env-file FILE` would end with exit code 9 and words
// of Node's when there is no such file. No setting turns this off (node.cc, before V8 starts), so the names
// that the binary compares with are replaced by names that no word can have, because a word has no NUL.

import { SlipwayError } from '../errors.ts';

interface Comparison {
	/** The bytes in the binary, which begin with the two dashes of the option after `before`. */
	readonly bytes: string;
	/** How many bytes come before the dashes. */
	readonly before: number;
	readonly count: number;
}

/** Of Node 26.10.0 for x86-64: `movabs` with the first eight letters, a constant of sixteen, and a text. */
const comparisons: readonly Comparison[] = [
	...['\xb8', '\xbe'].flatMap((register) => [
		{ bytes: `\x48${register}--env-fi`, before: 2, count: register === '\xb8' ? 2 : 1 },
	]),
	{ bytes: '--env-file-if-exd-ex', before: 0, count: 1 },
	{ bytes: '\x48\xbe--experi', before: 2, count: 1 },
	{ bytes: 'node.config.json\0--experimental-default-config-file\0', before: 17, count: 1 },
];

/** Changes the program in place. Throws when it is another version of Node, in which the names are elsewhere. */
export function keepOwnOptions(program: Buffer): void {
	for (const { bytes, before, count } of comparisons) {
		const sought = Buffer.from(bytes, 'latin1');
		const places: number[] = [];
		for (let at = program.indexOf(sought); at >= 0; at = program.indexOf(sought, at + 1)) places.push(at);
		if (places.length !== count) {
			throw new SlipwayError(
				'BAD_INPUT',
				`Node's binary has ${JSON.stringify(bytes)} ${places.length} times, not ${count}. Is it another version? ` +
					'tools/build/keep-own-options.ts says what is looked for.',
			);
		}
		for (const at of places) program.fill(0, at + before, at + before + 2);
	}
}
