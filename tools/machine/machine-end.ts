// The end of a machine: by a signal, at a deadline, or by a failure.

import { SlipwayError } from '../errors.ts';
import { type EarlyEnd, endAs, onEarlyEnd } from '../files/early-end.ts';
import type { Machine, MachineExit } from './machine.ts';

/** Ends the machine when `deadline` (of `performance.now()`) passes before `work` is done. */
export async function withDeadline<T>(
	machine: Machine,
	deadline: number | null,
	work: Promise<T>,
): Promise<T | 'timeout'> {
	if (deadline === null) return await work;
	let passed = false;
	const timer = setTimeout(() => {
		passed = true;
		void machine.stop();
	}, deadline - performance.now());
	const result = await work.finally(() => clearTimeout(timer));
	return passed ? 'timeout' : result;
}

/** Throws a `SlipwayError` with the last lines of the console unless the guest has powered off, halted or rebooted. */
export function checkExit(exit: MachineExit, machine: Machine): void {
	if (exit.exitCode === 0 && exit.lost === null && exit.shutdown !== null) return;
	throw withLastLines(
		new SlipwayError('GUEST_FAILED', `The system did not end well: ${describeExit(exit)}.`),
		machine,
	);
}

/** Adds the last lines of the console to the message of a `SlipwayError`; returns other errors unchanged. */
export function withLastLines(error: unknown, machine: Machine): unknown {
	if (!(error instanceof SlipwayError)) return error;
	const lines = machine.lastLines();
	if (lines === '') return error;
	return new SlipwayError(
		error.code,
		`${error.message}\nThe guest's last lines:\n${lines.replaceAll(/^/gm, '  ')}`,
	);
}

/**
 * Stops the machine when `work` ends in any way. A signal ends `work` and is an error. When nobody reads the output, the
 * process ends without an error, because nobody would read that either.
 */
export async function stoppingOnSignals<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
	let interrupted: EarlyEnd | null = null;
	const stopListening = onEarlyEnd((reason) => {
		interrupted = reason;
		void machine.stop();
	});
	try {
		const result = await work();
		if (interrupted === null) return result;
	} catch (error) {
		// After a signal `work` fails because the machine has ended; the signal is the reason to report.
		if (interrupted === null) throw error;
	} finally {
		await machine.stop();
		stopListening();
	}
	if (interrupted === 'EPIPE') endAs(interrupted);
	throw new SlipwayError('INTERRUPTED', `Stopped by ${interrupted}; QEMU was ended.`);
}

const powerOffGraceMs = 60_000;

/**
 * Powers the guest off when a signal comes, and kills QEMU on a second one or when nobody reads the output. A guest that
 * powers off cleanly then is no error.
 *
 * @param onSignal - is called on the first signal, before the guest hears of it
 */
export async function poweringOffOnSignals<T>(
	machine: Machine,
	onSignal: (signal: NodeJS.Signals) => void,
	work: () => Promise<T>,
): Promise<T | 'interrupted'> {
	let interrupted: EarlyEnd | null = null;
	const stopListening = onEarlyEnd((reason) => {
		const isFirst = interrupted === null;
		interrupted ??= reason;
		if (!isFirst || reason === 'EPIPE') {
			void machine.stop();
			return;
		}
		onSignal(reason);
		void machine.powerOff(powerOffGraceMs);
	});
	try {
		const result = await work();
		if (interrupted === null) return result;
	} catch (error) {
		if (interrupted === null) throw error;
	} finally {
		if (interrupted === null) await machine.stop();
		stopListening();
	}
	const exit = await machine.exited;
	if (interrupted === 'EPIPE') endAs(interrupted);
	if (exit.exitCode === 0 && exit.lost === null && exit.shutdown !== null) return 'interrupted';
	throw new SlipwayError('INTERRUPTED', `Stopped by ${interrupted}; QEMU was ended.`);
}

/** Describes how QEMU ended, in words that end a sentence. */
export function describeExit(exit: MachineExit): string {
	const taken = /Could not set up host forwarding rule '\w+:([\d.]+):(\d+)-/.exec(exit.qemuSays);
	if (taken !== null) {
		return `port ${taken[2]} of ${taken[1]} is in use; --publish another one`;
	}
	const locked = /-drive file=(.*?),format=.*Failed to get "write" lock/.exec(exit.qemuSays);
	if (locked !== null) return `the disk ${locked[1]} is in use by another machine`;
	if (/initrd is too large/.test(exit.qemuSays)) return 'the initrd does not fit; give it more --memory';
	const says = exit.qemuSays === '' ? '' : ` (${exit.qemuSays})`;
	if (exit.signal !== null) return `QEMU was killed by ${exit.signal}${says}`;
	if (exit.exitCode !== 0) return `QEMU failed with exit code ${exit.exitCode}${says}`;
	if (exit.lost !== null) return exit.lost;
	if (exit.shutdown === null) return 'the guest restarted without a shutdown';
	return `the guest shut down (${exit.shutdown})`;
}
