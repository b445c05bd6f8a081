// The forms of which a schema consists, and the TypeScript type of a value that has passed one. A schema is data: the
// validation, the JSON Schema, the documents and the types follow from it. linuxkit-schema.ts has the schema itself.

import type { ForeignWords } from './foreign-words.ts';
import type { Position } from './position.ts';
import type { Answer } from './value-hints.ts';

/** Returns a sentence about what is wrong with a value of the right type, or null. */
export type Check<T> = (value: T) => string | null;

/** As `Check`; the sentence may be about one of the keys, which is then shown. */
export type RecordCheck = (
	record: Readonly<Record<string, unknown>>,
) => string | { readonly key: string; readonly problem: string } | null;

interface Described {
	/** The meaning, unit and default of a key, in one or two sentences of Markdown. */
	readonly description?: string;
	/** Valid values, for editors and documents. */
	readonly examples?: readonly unknown[];
	/** Returns a hint for a value of a wrong type. */
	readonly hint?: Answer;
}

export interface StringSchema<Word = string> extends Described {
	readonly type: 'string';
	readonly check?: Check<string>;
	/** The words that editors offer; `check` decides what is valid. */
	readonly oneOf?: readonly Word[];
}

/** A string that stands for something else, such as a duration; its value is a `Parsed`. */
export interface ParsedSchema<T = unknown> extends Described {
	readonly type: 'parsed';
	/** Returns null when the text is not valid. */
	readonly parse: (text: string) => T | null;
	/** Returns the sentence about a text that is not valid. */
	readonly problem: (text: string) => string;
}

/** An image in a list of its own; its value is an `ImageUse`. */
export interface ImageSchema extends Described {
	readonly type: 'image';
	readonly check: Check<string>;
}

export interface BooleanSchema extends Described {
	readonly type: 'boolean';
}

export interface IntegerSchema extends Described {
	readonly type: 'integer';
	readonly minimum: bigint;
	readonly maximum: bigint;
	readonly check?: Check<number | bigint>;
}

/** An integer whose value is a bigint when a number cannot hold all its digits. */
export interface WideIntegerSchema extends IntegerSchema {
	readonly isWide: true;
}

/** A user or group: a number, or the name of a container. */
export interface IdSchema extends Described {
	readonly type: 'id';
}

export interface ListSchema<Item = Schema> extends Described {
	readonly type: 'list';
	readonly of: Item;
	/** The key whose value no two records of the list may share. */
	readonly unique?: string;
	/** Checks the strings of the list together. */
	readonly check?: Check<readonly string[]>;
}

export interface MapSchema<Item = Schema> extends Described {
	readonly type: 'map';
	readonly of: Item;
}

export interface RecordSchema<Keys = SchemaKeys, Required = string> extends Described {
	readonly type: 'record';
	readonly keys: Keys;
	readonly required: readonly Required[];
	/** Checks the keys together. */
	readonly check?: RecordCheck;
	/** What to write in place of keys that other programs have. */
	readonly foreign?: ForeignWords;
	/** Adds the record's position to its value as `at`, for errors that are found later. */
	readonly located?: true;
}

/** One of a few words, or a record. */
export interface ChoiceSchema<Words = string, Of = RecordSchema> extends Described {
	readonly type: 'choice';
	readonly words: readonly Words[];
	readonly of: Of;
}

export type SchemaKeys = Readonly<Record<string, Schema>>;

export type Schema =
	| StringSchema
	| ParsedSchema
	| ImageSchema
	| BooleanSchema
	| IntegerSchema
	| WideIntegerSchema
	| IdSchema
	| ListSchema
	| MapSchema
	| ChoiceSchema
	| RecordSchema;

export type Id = string | number;

/** An image and the position of its name. */
export interface ImageUse {
	readonly image: string;
	readonly at: Position;
}

/** What a text stands for, and the text as it was written. */
export interface Parsed<T> {
	readonly text: string;
	readonly value: T;
}

/** The type of a valid value. An absent key stays absent: a label's default and an empty list of a YAML differ. */
export type ValueOf<S> =
	S extends RecordSchema<infer Keys, infer Required>
		? RecordValue<Keys, Required> &
				(S extends { readonly located: true } ? { readonly at: Position } : unknown)
		: S extends ListSchema<infer Item>
			? readonly ValueOf<Item>[]
			: S extends MapSchema<infer Item>
				? Readonly<Record<string, ValueOf<Item>>>
				: S extends ChoiceSchema<infer Word, infer Of>
					? Word | ValueOf<Of>
					: LeafValue<S>;

type RecordValue<Keys, Required> = {
	readonly [Key in Exclude<keyof Keys, Required>]?: ValueOf<Keys[Key]>;
} & { readonly [Key in Extract<keyof Keys, Required>]: ValueOf<Keys[Key]> };

type LeafValue<S> =
	S extends StringSchema<infer Word>
		? Word
		: S extends ParsedSchema<infer T>
			? Parsed<T>
			: S extends WideIntegerSchema
				? number | bigint
				: S extends IntegerSchema
					? number
					: S extends BooleanSchema
						? boolean
						: S extends IdSchema
							? Id
							: S extends ImageSchema
								? ImageUse
								: never;

/** The highest user or group: the last number of 32 bits means "no user" to the kernel (setresuid(2)). */
export const maxId = 2 ** 32 - 2;

interface Examples {
	readonly examples?: readonly unknown[];
	readonly hint?: Answer;
}

interface StringOptions extends Examples {
	readonly check?: Check<string>;
}

/** @param description - of the key; an item of a list needs none */
export function string(description = '', options: StringOptions = {}): StringSchema {
	return { type: 'string', description, ...options };
}

/** A string for which editors offer these words. */
export function word<const Word extends string>(
	description: string,
	oneOf: readonly Word[],
	check: Check<string>,
): StringSchema<Word> {
	return { type: 'string', description, oneOf, check };
}

export function parsed<T>(
	description: string,
	parse: (text: string) => T | null,
	problem: (text: string) => string,
	options: Examples = {},
): ParsedSchema<T> {
	return { type: 'parsed', description, parse, problem, ...options };
}

export function boolean(description: string): BooleanSchema {
	return { type: 'boolean', description };
}

/** @param description - of the key; an item of a list needs none */
export function id(description = '', options: Examples = {}): IdSchema {
	return { type: 'id', description, ...options };
}

/** An integer of at most 53 bits. */
export function integer(
	minimum: bigint,
	maximum: bigint,
	description: string,
	options: Examples = {},
): IntegerSchema {
	return { type: 'integer', minimum, maximum, description, ...options };
}

export function uint16(description: string): IntegerSchema {
	return integer(0n, 2n ** 16n - 1n, description);
}

export function uint32(description: string): IntegerSchema {
	return integer(0n, 2n ** 32n - 1n, description);
}

export function uint64(description: string, options: Examples = {}): WideIntegerSchema {
	return { ...integer(0n, 2n ** 64n - 1n, description, options), isWide: true };
}

export function int64(
	description: string,
	options: Examples & Pick<IntegerSchema, 'check'> = {},
): WideIntegerSchema {
	const { check, ...others } = options;
	const checked = check === undefined ? {} : { check };
	return { ...integer(-(2n ** 63n), 2n ** 63n - 1n, description, others), isWide: true, ...checked };
}

export function list<Item extends Schema>(
	description: string,
	of: Item,
	options: Pick<ListSchema, 'unique' | 'check' | 'examples' | 'hint'> = {},
): ListSchema<Item> {
	return { type: 'list', description, of, ...options };
}

interface StringsOptions extends StringOptions {
	/** Returns a hint for an item of a wrong type. */
	readonly itemHint?: Answer;
}

/** @param options.check - of each string */
export function strings(
	description: string,
	{ check, itemHint, ...options }: StringsOptions = {},
): ListSchema<StringSchema> {
	const of = string('', {
		...(check === undefined ? {} : { check }),
		...(itemHint === undefined ? {} : { hint: itemHint }),
	});
	return list(description, of, options);
}

/** A map of any keys to strings. */
export function stringMap(description: string, options: Examples = {}): MapSchema<StringSchema> {
	return { type: 'map', description, of: string(), ...options };
}

/** One of a few words, or a record. */
export function choice<const Word extends string, Of extends RecordSchema>(
	description: string,
	words: readonly Word[],
	of: Of,
	options: Examples = {},
): ChoiceSchema<Word, Of> {
	return { type: 'choice', description, words, of, ...options };
}

interface RecordOptions {
	readonly check?: RecordCheck;
	readonly foreign?: ForeignWords;
}

interface RequiredKeys<Required> extends RecordOptions {
	readonly required: readonly Required[];
}

/** A record without a description: an item of a list, or a document. */
export function record<Keys extends SchemaKeys>(
	keys: Keys,
	options?: RecordOptions,
): RecordSchema<Keys, never>;
export function record<Keys extends SchemaKeys, Required extends keyof Keys & string>(
	keys: Keys,
	options: RequiredKeys<Required>,
): RecordSchema<Keys, Required>;
export function record(keys: SchemaKeys, options: Partial<RequiredKeys<string>> = {}): RecordSchema {
	return { type: 'record', keys, required: [], ...options };
}

/** A record whose value gets `at`, its position, for errors that are found later. */
export function locatedRecord<Keys extends SchemaKeys, Required extends keyof Keys = never>(
	keys: Keys,
	{ required = [], ...options }: Partial<RequiredKeys<Required>> = {},
): RecordSchema<Keys, Required> & { readonly located: true } {
	return { type: 'record', keys, required, ...options, located: true };
}

/** Describes the key that has this schema. */
export function described<S extends Schema>(description: string, schema: S, options: Examples = {}): S {
	return { ...schema, description, ...options };
}
