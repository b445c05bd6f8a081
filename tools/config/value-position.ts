// Finds where a value stands in a YAML text, for a problem that only shows when all files or the images are known. The text has
// been checked.

import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node } from 'yaml';
import type { Problem } from './config-error.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Position } from './position.ts';
import type { ConfigSource } from './read-sources.ts';

/** The way from a record to a value: keys of maps and indexes of lists. */
export type ValuePath = readonly (string | number)[];

/**
 * Returns the position of the value, and of the last part of the way that is there when a label, an alias or a merge key has it.
 *
 * @param at - the position of the record or text where the way begins
 */
export function valuePosition(text: string, at: Position, path: ValuePath): Position {
	return valuePositions(text)(at, path);
}

/** Returns a problem with a value, with its exact position and line. */
export function problemAt(
	sources: readonly ConfigSource[],
	near: Position,
	path: ValuePath,
	message: string,
): Problem {
	const text = sources.find(({ name }) => name === near.file)?.text ?? '';
	const at = valuePosition(text, near, path);
	return { at, message, excerpt: text.split(/\r?\n/)[at.line - 1] ?? '' };
}

/** Returns `valuePosition()` for many values of one text, which is parsed once, and not before it is needed. */
export function valuePositions(text: string): (at: Position, path: ValuePath) => Position {
	const lines = new LineCounter();
	let root: Node | null | undefined;
	const offsetOf = (node: Node): number => node.range?.[0] ?? 0;
	return (at, path) => {
		if (path.length === 0) return at;
		root ??= parseYaml(text.replace(/^\uFEFF/, '').replaceAll(/\r(?!\n)/g, '\n'), lines).contents;
		const isThere = (node: Node): boolean => {
			const { line, col } = lines.linePos(offsetOf(node));
			return line === at.line && col === at.column;
		};
		const record = root === null ? null : findNode(root, isThere);
		if (record === null) return at;
		let node = record;
		for (const step of path) {
			const next = childOf(node, step);
			if (next === null) break;
			node = next;
		}
		const { line, col } = lines.linePos(offsetOf(node));
		return node === record ? at : { file: at.file, line, column: col };
	};
}

/** Returns the outermost map at the place: a list and its first item may begin there, too. */
function findNode(node: Node, isThere: (node: Node) => boolean): Node | null {
	if (isMap(node) && isThere(node)) return node;
	const children = isMap(node) ? node.items.map(({ value }) => value) : isSeq(node) ? node.items : [];
	for (const child of children) {
		const found = isNode(child) ? findNode(child, isThere) : null;
		if (found !== null) return found;
	}
	return null;
}

function childOf(node: Node, step: string | number): Node | null {
	const child = isMap(node)
		? node.items.find(({ key }) => isScalar(key) && key.value === step)?.value
		: isSeq(node) && typeof step === 'number'
			? node.items[step]
			: null;
	return isNode(child) && !isAlias(child) ? child : null;
}
