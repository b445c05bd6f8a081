// Checks a YAML text against a schema: returns its value, and every problem with its position.

import {
	type Alias,
	type Document,
	isAlias,
	isScalar,
	LineCounter,
	type Node,
	type Scalar,
	visit,
} from 'yaml';
import { maxProblems, type Problem } from './config-error.ts';
import { isOwnText } from './own-text.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Position } from './position.ts';
import type { RecordSchema, ValueOf } from './schema.ts';
import { type NamedId, SchemaWalk } from './schema-walk.ts';
import { substitute, type Variables, withLiteralDollars } from './variables.ts';
import { yamlProblems } from './yaml-problem.ts';

export interface Validated<T> {
	/** Null when the text is not YAML. When there are problems, null stands in the place of each wrong value in it. */
	readonly value: T | null;
	readonly problems: readonly Problem[];
	readonly namedIds: readonly NamedId[];
}

export interface ValidateOptions {
	/** Names the text in messages. */
	readonly what?: string;
	/** The values of `${NAME}`. Without this option, `${NAME}` is plain text. */
	readonly variables?: Variables;
	/** Returns what the file is, if it is one of another program, else null. */
	readonly foreignFile?: (text: string, document: Document.Parsed) => string | null;
}

/**
 * The most characters of all values together, with aliases and merge keys expanded. A text of `maxTextLength` and
 * `maxLexemes` without aliases stays below it.
 */
const maxExpandedLength = 16 * 2 ** 20;

/** Ends the check of a text that has too many problems, or is too large when expanded. */
class Enough extends Error {}

/** @param file - the name for positions */
export function validateYaml<const S extends RecordSchema>(
	file: string,
	given: string,
	schema: S,
	options: ValidateOptions = {},
): Validated<ValueOf<S>> {
	const problems: Problem[] = [];
	try {
		return validated(file, given, schema, options, problems);
	} catch (error) {
		if (!(error instanceof Enough)) throw error;
		return { value: null, problems, namedIds: [] };
	}
}

function validated<const S extends RecordSchema>(
	file: string,
	given: string,
	schema: S,
	{ what = 'the file', variables, foreignFile }: ValidateOptions,
	problems: Problem[],
): Validated<ValueOf<S>> {
	// A lone CR ends a line in YAML (1.2.2, 5.4), but not for the library. The offsets stay the same.
	const text = given.replace(/^\uFEFF/, '').replaceAll(/\r(?!\n)/g, '\n');
	const lines = new LineCounter();
	const document = parseYaml(text, lines);
	const textLines = text.split('\n');
	const report = (offset: number, message: string): void => {
		const { line, col } = lines.linePos(offset);
		const excerpt = textLines[line - 1] ?? '';
		const at = { file, line, column: col };
		problems.push({ at, message: `${message}${foreignSpace(excerpt)}`, excerpt });
		if (problems.length >= maxProblems) throw new Enough();
	};
	const foreign = foreignFile?.(text, document) ?? null;
	if (foreign !== null) {
		report(0, foreign);
		return { value: null, problems, namedIds: [] };
	}
	for (const { index } of text.matchAll(unprintable)) {
		report(index, 'A control character stands here, which no YAML file may have.');
	}
	for (const { offset, message } of yamlProblems(document, text, lines)) report(offset, message);
	if (variables !== undefined) putIn(variables, document, text, report);
	if (problems.length > 0) return { value: null, problems, namedIds: [] };
	if (document.contents === null) {
		report(0, `${what.replace(/^t/, 'T')} is empty. Known keys: ${Object.keys(schema.keys).join(', ')}.`);
		return { value: null, problems, namedIds: [] };
	}
	const positionOf = (offset: number): Position => {
		const { line, col } = lines.linePos(offset);
		return { file, line, column: col };
	};
	const anchored = anchoredNodes(document);
	let expandedLength = 0;
	const walk = new SchemaWalk({
		report,
		positionOf,
		resolve: (node) => (isAlias(node) ? (anchored.get(node) ?? node) : node),
		spend(offset, characters) {
			expandedLength += characters;
			if (expandedLength <= maxExpandedLength) return;
			report(offset, 'Written out, the aliases and merge keys (<<) up to here are more than 16 MB of YAML.');
			throw new Enough();
		},
	});
	// The walk gives every value the type that the schema describes; this is the border.
	const value = walk.value(document.contents, schema, what) as ValueOf<S> | null;
	return { value, problems, namedIds: walk.namedIds };
}

/** Returns a sentence about a space in a line that looks like one and is none, as editors and web pages leave it; else nothing. */
function foreignSpace(line: string): string {
	const [, space = ''] =
		/^[^'"#]*?([\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff])/.exec(line) ?? [];
	if (space === '') return '';
	const code = space.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
	return ` The line has the character U+${code}, which looks like a space or like nothing. Write it anew.`;
}

/** Finds the node of each alias in one pass. The library's `resolve` visits the whole document for each. */
function anchoredNodes(document: Document.Parsed): ReadonlyMap<Alias, Node> {
	const anchors = new Map<string, Node>();
	const meant = new Map<Alias, Node>();
	visit(document, {
		Node(_, node) {
			if (isAlias(node)) {
				const found = anchors.get(node.source);
				if (found !== undefined) meant.set(node, found);
			} else if (node.anchor !== undefined) anchors.set(node.anchor, node);
		},
	});
	return meant;
}

/** Replaces the variables in values. A value without quotes gets the type of its new text: `uid: ${USER_ID}` is a number. */
function putIn(
	variables: Variables,
	document: Document.Parsed,
	source: string,
	report: (offset: number, message: string) => void,
): void {
	visit(document, {
		Scalar(key, node, ancestors) {
			if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
			if (isOwnText(node, ancestors)) return;
			const { text, problems } = substitute(withMarkedDollars(node, source), variables);
			for (const problem of problems) report(node.range?.[0] ?? 0, problem);
			node.value = text;
			node.source = text;
			if (node.type !== 'PLAIN') return;
			const typed = parseYaml(text, new LineCounter());
			if (typed.errors.length > 0 || !isScalar(typed.contents)) return;
			node.value = typed.contents.value;
			if (typed.contents.format !== undefined) node.format = typed.contents.format;
		},
	});
}

/** Returns the value of a text, with `$${` for a `${` whose dollar sign is escaped. */
function withMarkedDollars(node: Scalar, source: string): string {
	const value = String(node.value);
	if (node.type !== 'QUOTE_DOUBLE') return value;
	const [from = 0, to = 0] = node.range ?? [];
	const given = source.slice(from, to);
	const marked = withLiteralDollars(given);
	if (marked === given) return value;
	const again = parseYaml(marked, new LineCounter()).contents;
	return isScalar(again) ? String(again.value) : value;
}

/** The characters that neither YAML 1.2.2 (5.1) nor LinuxKit's reader allows. */
const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\u{10ffff}]/gu;
