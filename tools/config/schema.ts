// The forms that a configuration is made of. The schema itself (`linuxkit-schema.ts`) is data in these forms, from
// which the validation runs and the JSON Schema is made.

/** A word on what is wrong with a value of the right type, or null. */
export type Check<T> = (value: T) => string | null;

export type Schema =
	| {
			readonly type: 'string';
			readonly check?: Check<string>;
			/** The words that editors offer; `check` is what counts. */
			readonly oneOf?: readonly string[];
	  }
	/** An image that stands alone in a list; its value is `{image, at}`. */
	| { readonly type: 'image'; readonly check: Check<string> }
	| { readonly type: 'boolean' }
	| IntegerSchema
	/** A user or group: a number, or the name of a container. */
	| { readonly type: 'id' }
	| {
			readonly type: 'list';
			readonly of: Schema;
			/** The key by which no two of the list may be equal. */
			readonly unique?: string;
			/** What is wrong with the texts of the list together. */
			readonly check?: Check<readonly string[]>;
	  }
	| { readonly type: 'map'; readonly of: Schema }
	/** One of a few words, or a map. */
	| { readonly type: 'choice'; readonly words: readonly string[]; readonly of: RecordSchema }
	| RecordSchema;

/** Its value is a number, or a bigint where a number would not hold all digits. */
export interface IntegerSchema {
	readonly type: 'integer';
	readonly minimum: bigint;
	readonly maximum: bigint;
}

export interface RecordSchema {
	readonly type: 'record';
	readonly keys: Readonly<Record<string, Schema>>;
	readonly required?: readonly string[];
	/** What is wrong with the keys together. */
	readonly check?: Check<Readonly<Record<string, unknown>>>;
	/** The value gets `at`, its position, for errors that are found later. */
	readonly located?: true;
}

export const string: Schema = { type: 'string' };
export const boolean: Schema = { type: 'boolean' };

export const int64: IntegerSchema = { type: 'integer', minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n };
export const uint64 = unsigned(64n);
export const uint32 = unsigned(32n);
export const uint16 = unsigned(16n);

/** The last number of 32 bits means "no user" to the kernel (setresuid(2)). */
export const maxId = 2 ** 32 - 2;

function unsigned(bits: bigint): IntegerSchema {
	return { type: 'integer', minimum: 0n, maximum: 2n ** bits - 1n };
}

export function list(of: Schema): Schema {
	return { type: 'list', of };
}

export function map(of: Schema): Schema {
	return { type: 'map', of };
}

export function record(keys: Readonly<Record<string, Schema>>): RecordSchema {
	return { type: 'record', keys };
}

export function checked(check: Check<string>): Schema {
	return { type: 'string', check };
}
