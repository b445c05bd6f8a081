// Attends a program that `service` has started, from its start to its end: its streams, and the signals for it.

import { constants as osConstants } from 'node:os';
import { constant } from '../../../native/linux/constant.ts';
import type { ChildExit, Native } from '../../../native/native.ts';
import { exitCodeOf } from '../../process/child-exit.ts';
import type { ExecStreams } from './exec-streams.ts';

/** Children are also checked at this interval, because signals merge, and one may arrive before the listener is there. */
const childCheckMs = 1000;
/** The time in which a program without its terminal must end, before it is killed. */
const hangupGraceMs = 2000;

/**
 * Starts a program and passes signals on to it until it ends. Returns its exit code, or 128 and the number of its signal.
 *
 * @param killAfterMs - the time that a signal gives a program without a terminal, before it is killed, as it is by a second
 *   signal; null: any
 */
export async function attend(
	native: Native,
	begin: () => number,
	streams: ExecStreams,
	terminal: boolean,
	killAfterMs: number | null,
): Promise<number> {
	let pid: number | null = null;
	let hungUp: NodeJS.Timeout | undefined;
	const send = (signal: NodeJS.Signals): void => {
		if (pid === null) return;
		try {
			// Signals the process group, as a terminal does. The program leads a session of its own.
			native.kill(-pid, osConstants.signals[signal]);
		} catch {
			// The processes have ended.
		}
	};
	const hangUp = (): void => {
		send('SIGHUP');
		send('SIGCONT');
		hungUp ??= setTimeout(() => send('SIGKILL'), hangupGraceMs);
	};
	const stopListening = onSignals((signal) => {
		if (terminal) hangUp();
		else {
			send(signal);
			if (killAfterMs === null) return;
			// The second one is impatient.
			if (hungUp !== undefined) send('SIGKILL');
			hungUp ??= setTimeout(() => send('SIGKILL'), killAfterMs);
		}
	});
	try {
		pid = begin();
		streams.begin(hangUp);
		return exitCodeOf(await childExit(native, pid));
	} finally {
		clearTimeout(hungUp);
		await streams.finish();
		stopListening();
	}
}

function onSignals(listener: (signal: NodeJS.Signals) => void): () => void {
	const signals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
	for (const signal of signals) process.on(signal, listener);
	return () => {
		for (const signal of signals) process.off(signal, listener);
	};
}

function childExit(native: Pick<Native, 'waitpid' | 'constants'>, pid: number): Promise<ChildExit> {
	const { promise, resolve } = Promise.withResolvers<ChildExit>();
	const check = (): void => {
		const exit = native.waitpid(pid, constant(native, 'WNOHANG'));
		if (exit === null) return;
		process.off('SIGCHLD', check);
		clearInterval(timer);
		resolve(exit);
	};
	const timer = setInterval(check, childCheckMs);
	process.on('SIGCHLD', check);
	check();
	return promise;
}
