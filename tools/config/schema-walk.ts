// Reads a YAML node by a schema: returns its value and reports all problems in it.

import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { nearestName } from '../../native/text/nearest-name.ts';
import { extensionHint } from './foreign-words.ts';
import { PairReader } from './map-pairs.ts';
import type { Position } from './position.ts';
import { fractionFormat } from './scalar-tags.ts';
import { type IntegerSchema, type ListSchema, maxId, type RecordSchema, type Schema } from './schema.ts';
import { mostListedKeys, textsOf, wrongValue } from './wrong-value.ts';

/** A user or group by the name of a container, to be checked against the whole configuration. */
export interface NamedId {
	readonly id: string;
	/** Is `uid`, `gid` or `additionalGids`. */
	readonly key: string;
	readonly at: Position;
}

export interface WalkContext {
	readonly report: (offset: number, message: string) => void;
	readonly positionOf: (offset: number) => Position;
	/** Returns the node of an alias, or the node itself. */
	readonly resolve: (node: Node) => Node;
	/** Counts the characters read and throws when aliases make them too many. */
	readonly spend: (offset: number, characters: number) => void;
}

const manyKeys = 'docs/yaml.md and "slipway schema" have all keys.';

/** The cost of a value or a pair in addition to its characters. */
const valueCost = 64;

export class SchemaWalk {
	readonly #report: WalkContext['report'];
	readonly #positionOf: WalkContext['positionOf'];
	readonly #resolve: WalkContext['resolve'];
	readonly #spend: WalkContext['spend'];
	readonly #pairs: PairReader;
	readonly namedIds: NamedId[] = [];

	constructor({ report, positionOf, resolve, spend }: WalkContext) {
		this.#report = report;
		this.#positionOf = positionOf;
		this.#resolve = resolve;
		this.#spend = spend;
		this.#pairs = new PairReader(report, resolve, (offset, pairs) => spend(offset, pairs * valueCost));
	}

	/** @param what - the value's name in sentences */
	value(given: Node, schema: Schema, what: string): unknown {
		const node = this.#resolve(given);
		const offset = given.range?.[0] ?? 0;
		const length = isScalar(node) && typeof node.value === 'string' ? node.value.length : 0;
		this.#spend(offset, valueCost + length);
		if (schema.type === 'list' && isSeq(node)) {
			return this.#list(node.items as Node[], schema, what, offset);
		}
		if (schema.type === 'map' && isMap(node)) return this.#map(node, schema.of, what);
		if (schema.type === 'choice' && isMap(node)) return this.#record(node, schema.of, what, offset);
		if (schema.type === 'record' && isMap(node)) return this.#record(node, schema, what, offset);
		return isScalar(node)
			? this.#scalar(node, offset, schema, what)
			: this.#wrong(node, offset, schema, what);
	}

	#scalar(node: Scalar, offset: number, schema: Schema, what: string): unknown {
		const { value } = node;
		switch (schema.type) {
			case 'string':
			case 'image': {
				if (typeof value !== 'string') break;
				const problem = schema.check?.(value) ?? null;
				if (problem !== null) this.#report(offset, `${what}: ${problem}`);
				return schema.type === 'image' ? { image: value, at: this.#positionOf(offset) } : value;
			}
			case 'choice':
				if (typeof value !== 'string') break;
				if (!schema.words.includes(value))
					this.#report(
						offset,
						`${what}: "${value}" is unknown. Expected ${schema.words.join(', ')} or a map.`,
					);
				return value;
			case 'parsed': {
				if (typeof value !== 'string') break;
				const parsed = schema.parse(value);
				if (parsed !== null) return { text: value, value: parsed };
				this.#report(offset, `${what}: ${schema.problem(value)}`);
				return null;
			}
			case 'boolean':
				if (typeof value === 'boolean') return value;
				break;
			case 'id':
				if (typeof value === 'string') {
					this.namedIds.push({ id: value, key: what, at: this.#positionOf(offset) });
					return value;
				}
				if (typeof value !== 'bigint' && (!Number.isInteger(value) || node.format === fractionFormat)) break;
				return this.#inRange(value as number | bigint, 0n, BigInt(maxId), node, offset, what);
			case 'integer':
				if (typeof value !== 'bigint' && !Number.isInteger(value)) break;
				return this.#integer(value as number | bigint, schema, node, offset, what);
		}
		return this.#wrong(node, offset, schema, what);
	}

	#integer(value: number | bigint, schema: IntegerSchema, node: Scalar, offset: number, what: string) {
		const problem = schema.check?.(value) ?? null;
		if (problem !== null) this.#report(offset, `${what}: ${problem}`);
		return this.#inRange(value, schema.minimum, schema.maximum, node, offset, what);
	}

	#inRange(
		value: number | bigint,
		minimum: bigint,
		maximum: bigint,
		node: Scalar,
		offset: number,
		what: string,
	): number | bigint {
		if (value >= minimum && value <= maximum) return value;
		this.#report(offset, `${what}: ${node.source} is out of range. Expected ${minimum} to ${maximum}.`);
		return value;
	}

	/** Returns the offset of a key's value; of the item when an alias or a merge key has it. */
	#offsetIn(item: Node, key: string): number {
		const value = isMap(item)
			? item.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value
			: null;
		return (isScalar(value) || isSeq(value) || isMap(value) ? value : item).range?.[0] ?? 0;
	}

	#list(items: readonly Node[], schema: ListSchema, what: string, offset: number): unknown[] {
		const seen = new Set<unknown>();
		const values = items.map((item) => {
			const value = this.value(item, schema.of, what);
			if (schema.unique !== undefined) {
				const key = (value as Record<string, unknown> | null)?.[schema.unique];
				if (typeof key === 'string' && seen.has(key)) {
					this.#report(
						this.#offsetIn(item, schema.unique),
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
		const pairs = this.#pairs.pairs(node);
		return Object.fromEntries(pairs.map(({ key, value }) => [key, this.value(value, of, `${what}.${key}`)]));
	}

	/** Returns the keys in the order of the schema, in which bundles are written. */
	#record(node: YAMLMap, schema: RecordSchema, what: string, offset: number): Record<string, unknown> {
		const found: Record<string, unknown> = {};
		const known = Object.keys(schema.keys);
		let hasUnknown = false;
		for (const { key, value, offset: keyOffset } of this.#pairs.pairs(node)) {
			const form = Object.hasOwn(schema.keys, key) ? schema.keys[key] : undefined;
			if (form === undefined) {
				this.#report(keyOffset, `Unknown key "${key}" in ${what}. ${this.#keyHint(key, value, schema)}`);
				hasUnknown = true;
				continue;
			}
			found[key] = this.value(value, form, key);
		}
		const record = Object.fromEntries(
			known.filter((key) => Object.hasOwn(found, key)).map((key) => [key, found[key]]),
		);
		for (const key of schema.required) {
			if (!Object.hasOwn(record, key)) this.#report(offset, `${what}: the key "${key}" is missing.`);
		}
		// An unknown key may be one of those that the check misses.
		const problem = hasUnknown ? null : (schema.check?.(record) ?? null);
		if (typeof problem === 'string') this.#report(offset, `${what}: ${problem}`);
		else if (problem !== null) this.#report(this.#offsetIn(node, problem.key), `${what}: ${problem.problem}`);
		if (schema.located === true) record['at'] = this.#positionOf(offset);
		return record;
	}

	#keyHint(key: string, value: Node, { keys, foreign = {} }: RecordSchema): string {
		const answer = Object.hasOwn(foreign, key) ? foreign[key] : undefined;
		if (answer !== undefined) return answer(textsOf(this.#resolve(value)));
		const extension = extensionHint(key);
		if (extension !== null) return extension;
		const known = Object.keys(keys);
		const near = nearestName(key, known);
		if (near !== null) return `Did you mean "${near}"?`;
		return known.length > mostListedKeys ? manyKeys : `Known keys: ${known.join(', ')}.`;
	}

	#wrong(node: Node, offset: number, schema: Schema, what: string): null {
		this.#report(offset, `${what}: ${wrongValue(node, schema)}`);
		return null;
	}
}
