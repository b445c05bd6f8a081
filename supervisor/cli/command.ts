// The shape of a command of `service`: its entry in the table, its session, its exit codes and its usage errors.

import type { Native } from '../../native/native.ts';
import type { GuestPaths } from '../contract/layout.ts';
import type { ControlClient } from './control-requests.ts';
import type { CheckedOutput, Output } from './output.ts';
import type { LogPlaces } from './plain-logs.ts';

export interface CommandStreams {
	readonly out: Output;
	readonly err: Output;
	/** Returns seconds of CLOCK_MONOTONIC. */
	nowSeconds(): number;
	/** Ends a command that would never end; without it, a signal to the process does. */
	readonly ended?: AbortSignal;
	/** Ends the command on the key q, which whoever has the terminal reads: the client of PID 1, or this process. */
	readonly endOnKey?: () => void;
	/** The size of the terminal; undefined when stdout is no terminal, or one that does not know. */
	readonly columns?: number | undefined;
	readonly rows?: number | undefined;
	readonly isTerminal?: boolean;
	readonly wantsColour?: boolean;
}

/** Where a process of the caller finds PID 1 and what containers need. */
export type CallerPaths = Pick<GuestPaths, 'cgroup' | 'containers' | 'controlSocket' | 'state'>;

/** What only a process of the caller has. */
export interface CallerStreams extends CommandStreams {
	readonly logPlaces: LogPlaces;
	readonly paths: CallerPaths;
	openNative(): Native;
}

/** The same as systemctl's. `readerGone` is what a shell reports for a program that SIGPIPE ended. */
export const exitCodes = {
	failed: 1,
	usage: 2,
	/** `status` of a service that does not run. */
	notRunning: 3,
	notPermitted: 4,
	/** `status` of a service that does not exist. */
	noStatus: 4,
	unknown: 5,
	readerGone: 141,
} as const;

/** Gives a command its connection and its output, once its arguments are parsed. */
export interface Session<S extends CommandStreams = CommandStreams> {
	readonly client: ControlClient;
	readonly out: CheckedOutput;
	readonly streams: S;
}

/** Returns the exit code. */
export type Action<S extends CommandStreams> = (session: Session<S>) => Promise<number>;

export interface Command<S extends CommandStreams = CommandStreams> {
	readonly name: string;
	/** Its arguments and what it does, for the help of all commands: one line of 80 columns. */
	readonly brief: readonly [args: string, text: string];
	/** All its arguments, for its own help. */
	readonly usage: string;
	/** Lines of at most 90 characters. */
	readonly help: readonly string[];
	/** Parses `args`, which don't include the command's name. Returns null when they ask for help. Throws `UsageError`. */
	parse(args: readonly string[]): Action<S> | null;
	/** The exit code for a service that does not exist, when it is not `exitCodes.unknown`. */
	readonly unknownExitCode?: number;
}

/** The command line is wrong; the message says why. */
export class UsageError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'UsageError';
	}
}

/** `service exec` has not started the program; `exitCode` is the one that a shell would return. */
export class ExecError extends Error {
	readonly exitCode: number;

	constructor(exitCode: number, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'ExecError';
		this.exitCode = exitCode;
	}
}
