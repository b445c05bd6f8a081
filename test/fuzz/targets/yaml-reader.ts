// Our reading of YAML beside js-yaml, another reader with another grammar. Both read every value as a text (the specification's
// failsafe schema), so that structure, folding, escapes, anchors and aliases are compared, and no rule of types. A text that
// one of them refuses says nothing: js-yaml refuses what LinuxKit's reader takes (`[a]#x`, a flow in any column), and takes
// what it refuses (several documents are one's first, complex keys).

import { createRequire } from 'node:module';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node } from 'yaml';
import { parseYaml } from '../../../tools/config/parse-yaml.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';
import { yamlWords } from '../support/yaml-words.ts';

interface OtherReader {
	readonly FAILSAFE_SCHEMA: unknown;
	safeLoad(text: string, options: { readonly schema: unknown }): unknown;
}

const other = createRequire(import.meta.url)('js-yaml') as OtherReader;
/** Aliases of aliases may stand for more than memory holds. */
const maxNodes = 100_000;

export const target: FuzzTarget = {
	seeds: [
		'a: b\nc:\n  - d\n  - {e: f, "g": \'h\'}\n',
		'a: |\n  text\n   more\n\nb: >-\n  folded\n  line\n\n  next\n',
		'a: &x [1, 2]\nb: *x\nc: "\\u00e9\\x41\\n\\\n  joined"\n',
		"a: 'it''s'\n? b\n: c\n# comment\nd: plain text\n  of two lines\n",
		'a: |2+\n    x\n\n\nb: !!str c\n- d\n',
	],
	words: yamlWords,
	declares: never,
	run(input) {
		// As `validateYaml()` does before.
		const text = input
			.toString('utf8')
			.replace(/^\uFEFF/, '')
			.replaceAll(/\r(?!\n)/g, '\n');
		const ours = read(text);
		if (ours === undefined) return;
		let theirs: unknown;
		try {
			theirs = other.safeLoad(text, { schema: other.FAILSAFE_SCHEMA });
		} catch {
			return;
		}
		const [own, their] = [JSON.stringify(ours), JSON.stringify(plain(theirs))];
		if (own !== their && !isKnown(text))
			throw new Violation(`${own.slice(0, 300)}, for js-yaml ${their.slice(0, 300)}`);
	},
};

/** What the two read in different ways, with the reason. */
const known: readonly (readonly [reason: string, sign: RegExp])[] = [
	[
		'js-yaml 3 takes U+0085, U+2028 and U+2029 for line ends, as YAML 1.1 does; the library reads YAML 1.2',
		/[\u0085\u2028\u2029]/,
	],
];

function isKnown(text: string): boolean {
	return known.some(([, sign]) => sign.test(text));
}

/** Returns undefined for what is no YAML to us, or needs rules of types. */
function read(text: string): unknown {
	const document = parseYaml(text, new LineCounter());
	if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
	const budget = { nodes: maxNodes };
	const value = textsOf(document.contents, document, budget);
	return budget.nodes > 0 ? value : undefined;
}

function textsOf(node: Node | null, document: Document.Parsed, budget: { nodes: number }): unknown {
	budget.nodes -= 1;
	if (node === null || budget.nodes <= 0) return '';
	if (isAlias(node)) return textsOf(node.resolve(document) ?? null, document, budget);
	if (isSeq(node)) return node.items.map((item) => textsOf(item as Node, document, budget));
	if (isMap(node)) {
		// js-yaml makes a text of a key that is a list, a map or empty.
		if (node.items.some(({ key }) => !isScalar(key) || (key.source ?? '') === '')) budget.nodes = 0;
		return sorted(
			node.items.map(({ key, value }) => [
				textsOf(key as Node, document, budget),
				textsOf(value as Node | null, document, budget),
			]),
		);
	}
	return isScalar(node) ? (node.source ?? '') : '';
}

/** Returns maps as lists of pairs. */
function plain(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== 'object' || value === null) return value ?? '';
	return sorted(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** An object has keys that are numbers first, so the order is made one for both. */
function sorted(pairs: readonly unknown[][]): unknown[][] {
	return pairs.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}
