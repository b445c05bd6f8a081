// Defines a fuzz target: the parser that is tried, its first inputs, and which of its errors are answers.

/** Exported as `target` by each file of test/fuzz/targets/; the file's name is the target's. */
export interface FuzzTarget {
	/** Well-formed inputs. Mutations start from them, so each branch of the format deserves one. */
	readonly seeds: readonly (Buffer | string)[];
	/** What mutations insert, beside the literals of the sources. */
	readonly words?: readonly (Buffer | string)[];
	/** Mends what a mutation always breaks, such as a checksum, so that the parser looks further. */
	readonly repair?: (input: Buffer) => Buffer;
	/** Reports whether an error is how the project refuses an input. Any other is a finding. */
	declares(error: unknown): boolean;
	/** Reads the input. Throws a `Violation` for a result that must not be. */
	run(input: Buffer): void | Promise<void>;
	/**
	 * Compares with what another program makes of the input; throws a `Violation` when that differs. It may be slow: only
	 * inputs that reach something new get here.
	 */
	compare?(input: Buffer): void | Promise<void>;
	/** Inputs have up to so many bytes; `defaultMaxBytes` without it. */
	readonly maxBytes?: number;
}

export const defaultMaxBytes = 256 * 1024;

/** A result that breaks a promise of the code, though nothing was thrown. */
export class Violation extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'Violation';
	}
}

export function asBuffers(inputs: readonly (Buffer | string)[]): Buffer[] {
	return inputs.map((input) => Buffer.from(input));
}
