// The signal to end, sent when it is noticed. The kernel drops a signal to the first process of a pid namespace that has no
// handler for it yet (pid_namespaces(7)): a service stopped right after its start would run on until SIGKILL. So
// the handler is waited for. Sent once only: to many programs a second one means "at once, and save nothing".

import { constants as osConstants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { type ProcessIdentity, signalProcess } from './process-identity.ts';

const HANDLER_POLL_MS = 50;

/**
 * Sends the signal, at once where it is noticed already. A process that never installs a handler gets none, and
 * misses nothing by that. Ends, too, when the process is gone or `isWanted` turns false.
 */
export async function terminate(
	native: Pick<Native, 'kill'>,
	process: ProcessIdentity,
	isWanted: () => boolean,
	signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
	while (isWanted()) {
		const isWaiting = waitsForSignal(readTextOrEmpty(`/proc/${process.pid}/syscall`, 'latin1'));
		const status = readTextOrEmpty(`/proc/${process.pid}/status`, 'latin1');
		if (isWaiting || noticesSignal(status, osConstants.signals[signal])) {
			signalProcess(native, process, signal);
			return;
		}
		await pause(HANDLER_POLL_MS);
	}
}

/**
 * Whether a process with this `/proc/PID/status` (proc_pid_status(5)) notices the signal. One that is blocked
 * counts: it is kept, for signalfd(2), sigwait(3) or a handler yet to come (`sig_ignored` in kernel/signal.c).
 */
export function noticesSignal(status: string, signal: number): boolean {
	const pids = fieldOf(status, 'NSpid').split('\t');
	// The pid in each namespace from ours inwards. Any other process would be ended by the signal's default action.
	const isFirst = pids.length > 1 && pids.at(-1) === '1';
	return !isFirst || has(status, 'SigCgt', signal) || has(status, 'SigBlk', signal);
}

/** rt_sigtimedwait(2), by the numbers of the kernel's tables of system calls. */
const sigtimedwait: Readonly<Record<string, string>> = { x64: '128', arm64: '137' };

/**
 * Whether `/proc/PID/syscall` tells of sigwait(3): as long as a process waits, the signals that it waits for do not count
 * as blocked (`do_sigtimedwait` in kernel/signal.c), and yet it gets them.
 */
export function waitsForSignal(syscall: string, arch: string = process.arch): boolean {
	return syscall.split(' ', 1)[0] === sigtimedwait[arch];
}

function has(status: string, mask: 'SigBlk' | 'SigCgt', signal: number): boolean {
	return ((BigInt(`0x0${fieldOf(status, mask)}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function fieldOf(status: string, name: string): string {
	return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}
