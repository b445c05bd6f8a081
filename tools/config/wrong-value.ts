// The sentences about a value of a wrong type: what was expected, what is there, and what was probably meant.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Check, RecordSchema, Schema } from './schema.ts';
import { flowList } from './value-hints.ts';

/** More keys than these are no help in a message. */
export const mostListedKeys = 20;
const expectations = {
	string: 'a text',
	parsed: 'a text',
	image: 'the name of an image',
	boolean: 'true or false',
	integer: 'a whole number',
	id: 'a number or the name of a container',
	list: 'a list',
	map: 'a map of texts',
	choice: 'a word or a map',
	record: 'a map',
} as const;

/** Returns the sentences that follow the name of the value. */
export function wrongValue(node: Node, schema: Schema): string {
	return `expected ${expectations[schema.type]}, found ${found(node)}.${hint(node, schema)}`;
}

function found(node: Node): string {
	if (isMap(node)) return 'a map';
	if (isSeq(node)) return 'a list';
	if (isAlias(node)) return `the alias *${node.source}, but there is no anchor &${node.source} before it`;
	if (!isScalar(node) || node.value === null) return 'nothing';
	return typeof node.value === 'string' ? JSON.stringify(node.value) : (node.source ?? String(node.value));
}

/** Returns a hint at the probable intention, with a space before it, or an empty text. */
function hint(node: Node, schema: Schema): string {
	const value: unknown = isScalar(node) ? node.value : undefined;
	const isNothing = value === null || isAlias(node);
	// A check of the text without its quotes says more than a hint.
	const isChecked = schema.type === 'string' && schema.check !== undefined && isScalar(node);
	if (schema.hint !== undefined && !isNothing && !isChecked) return ` ${schema.hint(textsOf(node))}`;
	if (schema.type === 'string' || schema.type === 'parsed') return isNothing ? '' : textHint(node, schema);
	if (schema.type === 'list') return listHint(node, schema.of);
	if (schema.type === 'record' && isSeq(node))
		return ` Expected one of the keys ${Object.keys(schema.keys).slice(0, mostListedKeys).join(', ')}.`;
	if (schema.type === 'record' && isScalar(node) && typeof value === 'string' && isWord(value)) {
		const [key, ...more] = schema.required;
		if (key === undefined) return '';
		const isWhole = more.length === 0 && (schema.check?.({ [key]: value }) ?? null) === null;
		return ` Did you mean { ${key}: ${textOf(node)}${isWhole ? '' : ', …'} }?`;
	}
	// LinuxKit takes the other booleans of YAML 1.1 for texts.
	if (schema.type === 'boolean' && (typeof value === 'string' || typeof value === 'number')) {
		if (/^(?:y|yes|on|true|1)$/i.test(String(value))) return ' Did you mean true?';
		if (/^(?:n|no|off|false|0)$/i.test(String(value))) return ' Did you mean false?';
	}
	return '';
}

function textHint(node: Node, schema: Extract<Schema, { type: 'string' | 'parsed' }>): string {
	if (isMap(node) && node.items.length === 1 && schema.type === 'string')
		return ' A ": " makes it a map. Put the whole text in quotes.';
	if (!isScalar(node)) return '';
	const text = textOf(node);
	// A duration without its unit.
	if (schema.type === 'parsed' && schema.parse(`${text}s`) !== null) return ` Did you mean ${text}s?`;
	// Quotes are no help where the text in them is wrong, too.
	const parsedProblem = schema.type === 'parsed' && schema.parse(text) === null ? schema.problem(text) : null;
	const problem = schema.type === 'string' ? (schema.check?.(text) ?? null) : parsedProblem;
	return problem === null ? ' Put it in quotes.' : ` ${problem}`;
}

function listHint(node: Node, of: Schema): string {
	if (isScalar(node)) {
		if (typeof node.value !== 'string') return '';
		return of.type === 'record'
			? itemHint(node.value, of)
			: ` Did you mean ${flowList(wordsOf(node.value, of))}?`;
	}
	if (!isMap(node) || of.type !== 'record' || !Object.hasOwn(of.keys, 'name')) return '';
	const [first = ''] = textsOf(node);
	if (first.startsWith('-')) return ' A space is missing after the "-".';
	const name = first.replace(/=.*/s, '');
	// Either one item without its "-", or the maps of Compose, by name.
	return Object.hasOwn(of.keys, name) && first.includes('=')
		? ` Begin each item with "- ", such as "- ${name}: …".`
		: ` Each is an item of a list, with its name in it: "- name: ${name}".`;
}

/** Returns the texts that a person meant who has left the brackets out. */
function wordsOf(text: string, of: Schema): readonly string[] {
	const words = text.split(/[,\s]+/).filter((word) => word !== '');
	const isValid = (word: string): boolean => !('check' in of) || (of.check as Check<string>)(word) === null;
	return (of.type === 'string' || of.type === 'image') &&
		of.check !== undefined &&
		words.length > 1 &&
		words.every(isValid)
		? words
		: [text];
}

/** Reports whether a map in braces can have the text as a value. */
function isWord(text: string): boolean {
	return /^[\w./@~+-][\w./:@~+-]*$/.test(text);
}

/** One word in the place of a list of records, such as the name of a service. */
function itemHint(text: string, { required }: RecordSchema): string {
	if (!isWord(text)) return '';
	const name = text.replace(/^.*\//, '').replace(/[:@].*/, '');
	const image = text === name ? `slipway/${name}:v1` : text;
	const fields = [
		...(required.includes('name') ? [`name: ${name}`] : []),
		...(required.includes('image') ? [`image: ${image}`] : []),
		...(required.includes('path') ? [`path: ${text}, …`] : []),
	];
	return fields.length === 0 ? '' : ` Did you mean [{ ${fields.join(', ')} }]?`;
}

/** Longer values are no help in a hint. */
const mostTexts = 8;

/** Returns what a hint can quote of a value: a text, the texts of a list, or `key=value` of each pair of a map. */
export function textsOf(node: Node): readonly string[] {
	if (isScalar(node)) return node.value === null ? [] : [textOf(node)];
	if (isSeq(node)) return (node.items as Node[]).slice(0, mostTexts).filter(isScalar).map(textOf);
	if (!isMap(node)) return [];
	return (node.items as Pair<Node, Node | null>[]).slice(0, mostTexts).flatMap(({ key, value }) => {
		if (!isScalar(key)) return [];
		return isScalar(value) && value.value !== null ? [`${textOf(key)}=${textOf(value)}`] : [textOf(key)];
	});
}

function textOf({ value, source }: Scalar): string {
	return typeof value === 'string' ? value : (source ?? String(value));
}
