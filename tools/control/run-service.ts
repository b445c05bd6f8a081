// Runs the guest's `service` for a command of the host, through the machine's control channel.

import { constants as osConstants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { TerminalSize } from '../../supervisor/contract/terminal-size.ts';
import { endAs } from '../files/early-end.ts';
import { makeTerminalRaw } from '../terminal/raw-terminal.ts';
import { type ControlSockets, connectToRelay } from './relay-process.ts';
import { callService, type ServiceCall } from './service-call.ts';

export interface ServiceRun {
	/** The arguments of `service`. */
	readonly args: readonly string[];
	/** The command gets a terminal, which the terminal of this process shows; `input` and `out` are not used then. */
	readonly terminal: boolean;
	/** Null for an empty stdin. */
	readonly input: Readable | null;
	readonly out: Writable;
	readonly err: Writable;
	/** Ends the call early. */
	readonly ended?: AbortSignal;
}

/** Resolves with the exit code. Throws a `SlipwayError` when the guest is not reached. */
export type RunService = (run: ServiceRun) => Promise<number>;

const forwarded = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;

export function throughChannel(sockets: ControlSockets): RunService {
	return async (run) => {
		const socket = await connectToRelay(sockets);
		if (run.terminal)
			return await onTerminal((size) => {
				const terminal = { ...size, type: process.env['TERM'] ?? 'xterm' };
				const streams = { input: process.stdin, out: process.stdout, err: run.err };
				return callService(socket, { args: run.args, terminal }, streams);
			});
		const call = callService(socket, { args: run.args, terminal: null }, run);
		run.ended?.addEventListener('abort', () => call.close());
		return await withSignals(call, run.input);
	};
}

/** The terminal is raw meanwhile: each key goes to the command. It is restored however the call ends. */
async function onTerminal(begin: (size: TerminalSize) => ServiceCall): Promise<number> {
	const { stdin, stdout } = process;
	const size = (): TerminalSize => ({ rows: stdout.rows, columns: stdout.columns });
	const call = begin(size());
	const resize = (): void => call.resize(size());
	const end = (signal: NodeJS.Signals): void => {
		call.close();
		restore();
		for (const each of forwarded) process.removeAllListeners(each);
		endAs(signal as 'SIGTERM');
	};
	const restore = makeTerminalRaw(stdin);
	stdout.on('resize', resize);
	for (const signal of forwarded) process.on(signal, end);
	try {
		return await call.exitCode;
	} finally {
		for (const signal of forwarded) process.off(signal, end);
		stdout.off('resize', resize);
		restore();
		call.close();
		stdin.pause();
	}
}

/** Sends signals on to the command. The second one ends this process: the guest may not answer any longer. */
async function withSignals(call: ServiceCall, input: Readable | null): Promise<number> {
	let count = 0;
	const send = (signal: NodeJS.Signals): void => {
		count += 1;
		if (count === 1) call.signal(osConstants.signals[signal]);
		else process.exit(128 + osConstants.signals[signal]);
	};
	for (const signal of forwarded) process.on(signal, send);
	try {
		return await call.exitCode;
	} finally {
		for (const signal of forwarded) process.off(signal, send);
		call.close();
		// Another call may read it.
		if (input === process.stdin) process.stdin.pause();
	}
}
