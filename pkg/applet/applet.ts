// What an applet is: a program of ours that runs in a container, and yet is the one executable of PID 1 called by
// another name. It is bound read-only into the container, so that no image holds a second Node, and its pages are
// those that PID 1 has in memory already.

import type { Native } from '../../native/native.ts';

/** What an applet gets from outside. `fs` and other modules of Node's it takes itself. */
export interface AppletHost {
	/** The system calls that Node lacks. The addon is loaded at the first call. */
	readonly native: () => Native;
	/** A line to stdout. */
	readonly print: (line: string) => void;
	/** A line to stderr, after the applet's name. */
	readonly warn: (line: string) => void;
}

/**
 * Returns the exit code: 0 done, 1 failed, 2 called wrongly. Above all it starts fast: no package, only those of
 * Node's modules that are needed, and `writeSync` by way of the host in place of `console` and streams.
 */
export type Applet = (args: readonly string[], host: AppletHost) => number | Promise<number>;

/** A failure that its message tells in full; anything else that an applet throws is told with its stack. */
export class AppletError extends Error {
	readonly exitCode: number;

	constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
		super(message, { cause: options.cause });
		this.name = 'AppletError';
		this.exitCode = options.exitCode ?? 1;
	}
}
