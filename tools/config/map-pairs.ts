// The pairs of a YAML map, those included that `<<` brings from other maps (YAML 1.1's merge key).

import { isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from 'yaml';

export interface KeyAndValue {
	readonly key: string;
	readonly value: Node;
	/** Of the key. */
	readonly offset: number;
}

export class PairReader {
	readonly #report: (offset: number, message: string) => void;
	/** An alias's node, or the node itself. */
	readonly #resolve: (node: Node) => Node;
	/** Maps whose pairs are being collected, against a map that merges itself. */
	readonly #merging = new Set<Node>();

	constructor(report: (offset: number, message: string) => void, resolve: (node: Node) => Node) {
		this.#report = report;
		this.#resolve = resolve;
	}

	/** A key of the map's own goes before what is merged, and of that the first to name it. */
	pairs(map: YAMLMap): KeyAndValue[] {
		const own: KeyAndValue[] = [];
		const merged: KeyAndValue[] = [];
		for (const pair of map.items as Pair<Node, Node | null>[]) {
			const key = this.#resolve(pair.key);
			const offset = pair.key.range?.[0] ?? 0;
			// Of `{a}` and `? a` there is no value at all.
			const value = pair.value ?? Object.assign(new Scalar(null), { range: pair.key.range ?? null });
			if (isMergeKey(key)) merged.push(...this.#merged(value));
			else if (isScalar(key) && typeof key.value === 'string') own.push({ key: key.value, value, offset });
			else this.#report(offset, wrongKey(key));
		}
		const given = new Set(own.map((pair) => pair.key));
		for (const pair of merged) {
			if (!given.has(pair.key)) own.push(pair);
			given.add(pair.key);
		}
		return own;
	}

	#merged(given: Node): KeyAndValue[] {
		// Only a list that stands here itself; an alias stands for one map.
		if (isSeq(given)) return (given.items as Node[]).flatMap((item) => this.#mergedMap(item));
		return this.#mergedMap(given);
	}

	#mergedMap(given: Node): KeyAndValue[] {
		const node = this.#resolve(given);
		const offset = given.range?.[0] ?? 0;
		if (!isMap(node)) {
			this.#report(offset, '"<<" takes a map or a list of maps.');
			return [];
		}
		if (this.#merging.has(node)) {
			this.#report(offset, '"<<" merges a map into itself.');
			return [];
		}
		this.#merging.add(node);
		try {
			return this.pairs(node);
		} finally {
			this.#merging.delete(node);
		}
	}
}

function isMergeKey(key: Node): boolean {
	return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function wrongKey(key: Node): string {
	if (!isScalar(key)) return 'A key must be a text.';
	return `The key ${key.source === '' ? '' : `${key.source} `}is not a text. Put it in quotes.`;
}
