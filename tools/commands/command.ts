// The shape of every sub-command of `slipway`.

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
