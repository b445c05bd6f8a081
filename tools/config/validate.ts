// A YAML text against a schema: the value that it means, and every problem with its place.

import {
	type Document,
	isAlias,
	isMap,
	isScalar,
	isSeq,
	LineCounter,
	type Node,
	parseDocument,
	type Tags,
	visit,
	type YAMLError,
	type YAMLMap,
} from 'yaml';
import type { Problem } from './config-error.ts';
import { nearestWord } from './nearest.ts';
import type { Position } from './position.ts';
import type { RecordSchema, Schema } from './schema.ts';
import { substitute, type Variables } from './variables.ts';

export interface Validated {
	/** Of the schema's shape where `problems` is empty. */
	readonly value: unknown;
	readonly problems: readonly Problem[];
}

export interface ValidateOptions {
	/** What the text is, for sentences. */
	readonly what?: string;
	/** For `${NAME}` in values; without them, a value is what it is. */
	readonly variables?: Variables;
}

/** @param file - the name for positions */
export function validateYaml(
	file: string,
	text: string,
	schema: RecordSchema,
	{ what = 'the file', variables }: ValidateOptions = {},
): Validated {
	const lines = new LineCounter();
	const document = parseDocument(text, { ...parseOptions, lineCounter: lines });
	const problems: Problem[] = [];
	const textLines = text.split('\n');
	const report = (offset: number, message: string): void => {
		const { line, col } = lines.linePos(offset);
		problems.push({ at: { file, line, column: col }, message, excerpt: textLines[line - 1] ?? '' });
	};
	for (const error of document.errors) report(error.pos[0], sentence(error));
	if (variables !== undefined) putIn(variables, document, report);
	if (problems.length > 0) return { value: null, problems };
	if (document.contents === null) {
		report(0, 'The file is empty. Expected at least one of kernel, init, onboot, services or files.');
		return { value: null, problems };
	}
	const positionOf = (offset: number): Position => {
		const { line, col } = lines.linePos(offset);
		return { file, line, column: col };
	};
	const walk = new Walk(report, positionOf, (node) =>
		isAlias(node) ? (node.resolve(document) ?? node) : node,
	);
	return { value: walk.value(document.contents, schema, what), problems };
}

/** A value without quotes has the type of what it has become: `uid: ${USER_ID}` is a number. */
function putIn(
	variables: Variables,
	document: Document.Parsed,
	report: (offset: number, message: string) => void,
): void {
	visit(document, {
		Scalar(key, node) {
			if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
			const { text, problems } = substitute(node.value, variables);
			for (const problem of problems) report(node.range?.[0] ?? 0, problem);
			node.value = text;
			node.source = text;
			if (node.type !== 'PLAIN') return;
			const typed = parseDocument(text, parseOptions);
			if (typed.errors.length === 0 && isScalar(typed.contents)) node.value = typed.contents.value;
		},
	});
}

const parseOptions = { version: '1.1', customTags: linuxkitTags, prettyErrors: false } as const;

/** YAML 1.1 as LinuxKit's reader has it: `0644` is a number and `yes` a boolean, but `22:22` and a date are texts. */
function linuxkitTags(tags: Tags): Tags {
	return tags.filter(
		(tag) =>
			typeof tag === 'string' ||
			!(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')),
	);
}

function sentence(error: YAMLError): string {
	if (error.code === 'MULTIPLE_DOCS') return 'A second document begins here; give each a file of its own.';
	return error.message.replace(/\.?$/, '.');
}

const expectations = {
	string: 'a text',
	image: 'the name of an image',
	boolean: 'true or false',
	integer: 'a whole number',
	id: 'a number or the name of a container',
	list: 'a list',
	map: 'a map of texts',
	record: 'a map',
} as const;

interface Pair {
	readonly key: string;
	readonly value: Node;
	readonly offset: number;
}

class Walk {
	readonly #report: (offset: number, message: string) => void;
	readonly #positionOf: (offset: number) => Position;
	readonly #resolve: (node: Node) => Node;
	/** Maps whose pairs are being collected, against a map that merges itself. */
	readonly #merging = new Set<Node>();

	constructor(
		report: (offset: number, message: string) => void,
		positionOf: (offset: number) => Position,
		resolve: (node: Node) => Node,
	) {
		this.#report = report;
		this.#positionOf = positionOf;
		this.#resolve = resolve;
	}

	value(given: Node, schema: Schema, what: string): unknown {
		const node = this.#resolve(given);
		const offset = given.range?.[0] ?? 0;
		switch (schema.type) {
			case 'list':
				return isSeq(node)
					? this.#list(node.items as Node[], schema, what, offset)
					: this.#wrong(node, offset, schema, what);
			case 'map':
				return isMap(node) ? this.#map(node, schema.of, what) : this.#wrong(node, offset, schema, what);
			case 'record':
				return isMap(node)
					? this.#record(node, schema, what, offset)
					: this.#wrong(node, offset, schema, what);
			default:
				return this.#scalar(node, offset, schema, what);
		}
	}

	#scalar(node: Node, offset: number, schema: Schema, what: string): unknown {
		const value: unknown = isScalar(node) ? node.value : undefined;
		const right =
			((schema.type === 'string' || schema.type === 'image') && typeof value === 'string') ||
			(schema.type === 'boolean' && typeof value === 'boolean') ||
			// Limits of memory go to the end of 64 bits.
			(schema.type === 'integer' && Number.isInteger(value) && Math.abs(Number(value)) <= 2 ** 63) ||
			(schema.type === 'id' &&
				(typeof value === 'string' || (Number.isSafeInteger(value) && Number(value) >= 0)));
		if (!right) return this.#wrong(node, offset, schema, what);
		if (schema.type === 'integer' && !Number.isSafeInteger(value) && isScalar(node)) {
			// Passed on as another number it would be a limit that nobody asked for.
			if (node.source !== String(value)) {
				this.#report(offset, `${what}: ${node.source} has too many digits to be kept; -1 is "no limit".`);
			}
		}
		if ((schema.type === 'string' || schema.type === 'image') && typeof value === 'string') {
			const problem = schema.check?.(value) ?? null;
			if (problem !== null) this.#report(offset, `${what}: ${problem}`);
		}
		return schema.type === 'image' ? { image: value, at: this.#positionOf(offset) } : value;
	}

	#list(items: readonly Node[], schema: Schema & { type: 'list' }, what: string, offset: number): unknown[] {
		const seen = new Set<unknown>();
		const values = items.map((item) => {
			const value = this.value(item, schema.of, what);
			if (schema.unique !== undefined) {
				const key = (value as Record<string, unknown> | null)?.[schema.unique];
				if (key !== undefined && seen.has(key)) {
					this.#report(
						item.range?.[0] ?? 0,
						`${what}: there are two with the ${schema.unique} "${String(key)}".`,
					);
				}
				seen.add(key);
			}
			return value;
		});
		const texts = values.filter((value) => typeof value === 'string');
		const problem = schema.check?.(texts) ?? null;
		if (problem !== null) this.#report(offset, `${what}: ${problem}`);
		return values;
	}

	#map(node: YAMLMap, of: Schema, what: string): Record<string, unknown> {
		return Object.fromEntries(
			this.#pairs(node).map(({ key, value }) => [key, this.value(value, of, `${what}.${key}`)]),
		);
	}

	#record(node: YAMLMap, schema: RecordSchema, what: string, offset: number): Record<string, unknown> {
		const record: Record<string, unknown> = {};
		const known = Object.keys(schema.keys);
		for (const { key, value, offset: keyOffset } of this.#pairs(node)) {
			const form = Object.hasOwn(schema.keys, key) ? schema.keys[key] : undefined;
			if (form === undefined) {
				const near = nearestWord(key, known);
				const hint = near === null ? `Known keys: ${known.join(', ')}.` : `Did you mean "${near}"?`;
				this.#report(keyOffset, `Unknown key "${key}" in ${what}. ${hint}`);
				continue;
			}
			record[key] = this.value(value, form, key);
		}
		for (const key of schema.required ?? []) {
			if (!Object.hasOwn(record, key)) this.#report(offset, `${what}: the key "${key}" is missing.`);
		}
		const problem = schema.check?.(record) ?? null;
		if (problem !== null) this.#report(offset, `${what}: ${problem}`);
		if (schema.located === true) record['at'] = this.#positionOf(offset);
		return record;
	}

	#pairs(node: YAMLMap): Pair[] {
		const own: Pair[] = [];
		const merged: Pair[] = [];
		for (const pair of node.items) {
			const key = pair.key as Node;
			const value = (pair.value ?? key) as Node;
			// `y` is a boolean in YAML 1.1; as a key it is the letter.
			const text = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
			if (text === '<<') merged.push(...this.#mergedPairs(value));
			else own.push({ key: text, value, offset: key.range?.[0] ?? 0 });
		}
		const given = new Set(own.map((pair) => pair.key));
		for (const pair of merged) {
			if (!given.has(pair.key)) own.push(pair);
			given.add(pair.key);
		}
		return own;
	}

	/** What `<<: *anchor` or `<<: [*one, *other]` brings (YAML 1.1's merge key): the first to name a key wins. */
	#mergedPairs(given: Node): Pair[] {
		const node = this.#resolve(given);
		if (this.#merging.has(node)) {
			this.#report(given.range?.[0] ?? 0, '"<<" merges a map into itself.');
			return [];
		}
		this.#merging.add(node);
		try {
			return this.#pairsToMerge(node, given);
		} finally {
			this.#merging.delete(node);
		}
	}

	#pairsToMerge(node: Node, given: Node): Pair[] {
		if (isMap(node)) return this.#pairs(node);
		if (isSeq(node)) return (node.items as Node[]).flatMap((item) => this.#mergedPairs(item));
		this.#report(given.range?.[0] ?? 0, '"<<" takes a map or a list of maps.');
		return [];
	}

	#wrong(node: Node, offset: number, schema: Schema, what: string): null {
		const value: unknown = isScalar(node) ? node.value : undefined;
		const found = isMap(node)
			? 'a map'
			: isSeq(node)
				? 'a list'
				: value === null
					? 'nothing'
					: JSON.stringify(value);
		const quotes = schema.type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
		const hint = quotes ? ' Put it in quotes.' : '';
		this.#report(offset, `${what}: expected ${expectations[schema.type]}, found ${found}.${hint}`);
		return null;
	}
}
