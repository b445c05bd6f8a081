// The shape of every command of `slipway`: what the help, completion and documents say of it, and what it does.

import type { Completion, OptionTable } from './option-table.ts';
import type { Streams } from './streams.ts';

export interface Command {
	/** As typed, such as `build` or `pkg build`. */
	readonly name: string;
	/** One line for the list of commands. */
	readonly summary: string;
	/** The words after the options in the usage line, such as `FILE.yml...`; empty when there are none. */
	readonly operands: string;
	readonly operandsComplete?: Completion;
	/** Paragraphs, in lines of at most 120 characters. */
	readonly about: string;
	readonly options: OptionTable;
	/** Paragraphs that follow the options in the help. */
	readonly notes?: string;
	/** The exit code after any error but wrong usage; 1 by default. */
	readonly failureExitCode?: number;
	/** Resolves with the exit code; throws `UsageError` (exit 2) or any other error (exit `failureExitCode`). */
	run(args: readonly string[], streams: Streams): Promise<number>;
}

/** Returns the usage line without `slipway`, such as `build [options] FILE.yml...`. */
export function usageOf({ name, options, operands }: Command): string {
	return [name, ...(Object.keys(options).length > 0 ? ['[options]'] : []), operands].join(' ').trimEnd();
}
