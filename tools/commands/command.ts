// The shape of every sub-command of `slipway`.

import type { Streams } from '../terminal/streams.ts';

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
