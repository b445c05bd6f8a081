// Reads the pairs of a YAML map, with the pairs that `<<` merges from other maps (YAML 1.1's merge key).

import { isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from 'yaml';

export interface KeyAndValue {
	readonly key: string;
	readonly value: Node;
	/** The offset of the key. */
	readonly offset: number;
}

/** Merging is recursive. */
const maxMergeDepth = 100;

export class PairReader {
	readonly #report: (offset: number, message: string) => void;
	/** Returns the node of an alias, or the node itself. */
	readonly #resolve: (node: Node) => Node;
	/** Counts pairs and throws when there are too many. */
	readonly #spend: (offset: number, pairs: number) => void;
	/** Holds the maps that are being read, to find a map that merges itself. */
	readonly #merging = new Set<Node>();
	/** Holds the pairs of merged maps. Without it, maps that merge each other would take exponential time. */
	readonly #known = new Map<YAMLMap, readonly KeyAndValue[]>();

	constructor(
		report: (offset: number, message: string) => void,
		resolve: (node: Node) => Node,
		spend: (offset: number, pairs: number) => void,
	) {
		this.#report = report;
		this.#resolve = resolve;
		this.#spend = spend;
	}

	/** A key of the map itself takes precedence over merged ones, and the first merged one over later ones. */
	pairs(map: YAMLMap): readonly KeyAndValue[] {
		const known = this.#known.get(map);
		if (known !== undefined) return known;
		const pairs = this.#read(map);
		this.#known.set(map, pairs);
		return pairs;
	}

	#read(map: YAMLMap): KeyAndValue[] {
		const own: KeyAndValue[] = [];
		const merged: KeyAndValue[] = [];
		for (const pair of map.items as Pair<Node, Node | null>[]) {
			const key = this.#resolve(pair.key);
			const offset = pair.key.range?.[0] ?? 0;
			// `{a}` and `? a` have no value.
			const value = pair.value ?? Object.assign(new Scalar(null), { range: pair.key.range ?? null });
			if (isMergeKey(key)) for (const each of this.#merged(value)) merged.push(each);
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

	#merged(given: Node): readonly KeyAndValue[] {
		// A list must be here itself: an alias can only name one map.
		if (isSeq(given)) return (given.items as Node[]).flatMap((item) => this.#mergedMap(item));
		return this.#mergedMap(given);
	}

	#mergedMap(given: Node): readonly KeyAndValue[] {
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
		if (this.#merging.size >= maxMergeDepth) {
			this.#report(offset, `"<<" leads through more than ${maxMergeDepth} maps, each merged into the next.`);
			return [];
		}
		this.#merging.add(node);
		try {
			const pairs = this.pairs(node);
			this.#spend(offset, pairs.length);
			return pairs;
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
