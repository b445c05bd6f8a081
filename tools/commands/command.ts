// What every sub-command of `slipway` is, and the two ways it can end badly. Only `tools/cli.ts` prints an
// error and turns it into an exit code.

/** Where a command reads and writes; handed in so that tests can look. */
export interface Streams {
	readonly out: NodeJS.WritableStream;
	readonly err: NodeJS.WritableStream;
}

export interface Command {
	/** As typed, e.g. `build` or `pkg build`. */
	readonly name: string;
	/** One line for the list of commands. */
	readonly summary: string;
	/** The whole help text, usage line first. */
	readonly help: string;
	/** Resolves with the exit code; throws `UsageError` (exit 2) or any other error (exit 1). */
	run(args: readonly string[], streams: Streams): Promise<number>;
}

/** The command line itself is wrong: exit code 2, one sentence, and where to find the help. */
export class UsageError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'UsageError';
	}
}

/** Something the user can understand and mend: exit code 1, the message alone, no stack. */
export class SlipwayError extends Error {
	readonly code: string;
	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'SlipwayError';
		this.code = code;
	}
}
