// pkg/applet is the library of our own programs, the applets; it is no package itself. An applet is a program that runs
// in a container and is the one executable of PID 1, called by another name. That executable is bound read-only into
// the container: no image holds a second Node, and the executable's pages are those that PID 1 has in memory already.

import type { Native } from '../../native/native.ts';

/** The environment that an applet gets. It imports `fs` and other modules of Node itself. */
export interface AppletHost {
	/** The system calls that Node lacks. The addon is loaded at the first call. */
	readonly native: () => Native;
	/** Prints a line to stdout. */
	readonly print: (line: string) => void;
	/** Prints a line to stderr, after the applet's name. */
	readonly warn: (line: string) => void;
}

/**
 * Returns the exit code: 0 done, 1 failed, 2 called wrongly. Above all it starts fast: no package, only those of
 * Node's modules that are needed, and `writeSync` by way of the host in place of `console` and streams.
 */
export type Applet = (args: readonly string[], host: AppletHost) => number | Promise<number>;

/** A failure that its message describes in full; anything else that an applet throws is printed with its stack. */
export class AppletError extends Error {
	readonly exitCode: number;

	constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
		super(message, { cause: options.cause });
		this.name = 'AppletError';
		this.exitCode = options.exitCode ?? 1;
	}
}
