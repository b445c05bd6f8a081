// Sends the signal to end once the process can notice it. The kernel drops a signal to the first process of a pid namespace
// that has no handler for it yet (pid_namespaces(7)): a service that is stopped right after its start would run until
// SIGKILL. The signal is sent once: to many programs a second one means "at once, and save nothing".

import { setTimeout as pause } from 'node:timers/promises';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import type { Native } from '../../native/native.ts';
import { hostProcessor, type Processor } from '../contract/processors.ts';
import { signalNumber } from '../contract/signals.ts';
import { type ProcessIdentity, signalProcess } from './process-identity.ts';

const handlerPollMs = 50;

/**
 * Sends the signal, at once if the process has a handler already. A process that never installs one gets no signal, which
 * the kernel would drop. Resolves also when the process has ended or `isWanted` returns false.
 */
export async function terminate(
	native: Pick<Native, 'kill'>,
	process: ProcessIdentity,
	isWanted: () => boolean,
	signal = 'SIGTERM',
): Promise<void> {
	const number = signalNumber(signal) ?? 0;
	let wasKept = false;
	while (isWanted()) {
		const isWaiting = waitsForSignal(readTextOrEmpty(`/proc/${process.pid}/syscall`, 'latin1'));
		const status = readTextOrEmpty(`/proc/${process.pid}/status`, 'latin1');
		const effect = isWaiting ? 'noticed' : effectOfSignal(status, number);
		// A shell blocks all signals while it forks. What it is sent then is dropped when it unblocks them without a handler.
		// A program that waits for the signal keeps it blocked for longer.
		if (effect === 'noticed' || (effect === 'kept' && wasKept)) {
			signalProcess(native, process, signal);
			return;
		}
		wasKept = effect === 'kept';
		await pause(handlerPollMs);
	}
}

/** What a signal does that is sent now: `kept` means that the kernel keeps it until the process unblocks it. */
export type SignalEffect = 'noticed' | 'kept' | 'dropped';

/**
 * Returns what the signal does to a process with this `/proc/PID/status` (proc_pid_status(5)). The kernel keeps a blocked signal
 * for signalfd(2), sigwait(3) or a later handler (`sig_ignored` in kernel/signal.c).
 */
export function effectOfSignal(status: string, signal: number): SignalEffect {
	const pids = fieldOf(status, 'NSpid').split('\t');
	// NSpid has the pid in each namespace, from ours inwards. The default action of the signal ends any process that is not
	// the first one of its namespace.
	const isFirst = pids.length > 1 && pids.at(-1) === '1';
	if (!isFirst || has(status, 'SigCgt', signal)) return 'noticed';
	return has(status, 'SigBlk', signal) ? 'kept' : 'dropped';
}

/**
 * Reports whether `/proc/PID/syscall` shows a process in sigwait(3). While it waits, the signals that it waits for do not
 * count as blocked (`do_sigtimedwait` in kernel/signal.c), but it gets them.
 */
export function waitsForSignal(syscall: string, processor: Processor = hostProcessor): boolean {
	return syscall.split(' ', 1)[0] === String(processor.sigtimedwait);
}

function has(status: string, mask: 'SigBlk' | 'SigCgt', signal: number): boolean {
	return ((BigInt(`0x0${fieldOf(status, mask)}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function fieldOf(status: string, name: string): string {
	return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}
