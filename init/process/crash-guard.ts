// Keeps PID 1 alive: any exit of PID 1 is a kernel panic ("Attempted to kill init!").
//
// - The addon's C handler catches a crash in native code and a full V8 heap (which V8 turns into SIGTRAP or SIGABRT). It
//   executes this same executable again with `--resumed`; the state of the boot is in /run/slipway.
// - An uncaught error is logged, and the event loop goes on.
// - When the event loop ends, or `process.exit` is called, PID 1 executes itself again, too.

import { openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';
import { type PowerAction, rebootCommand } from './power-action.ts';

/** The kernel resolves it, so it works in any root. It needs /proc. */
const ownExecutable = '/proc/self/exe';
const resumedArguments = [ownFiles.executable, '--resumed'];

/** To be called as soon as /proc is mounted: PID 1 does not survive a crash before this. */
export function installCrashGuard(native: Pick<Native, 'installCrashGuard' | 'execve'>): void {
	native.installCrashGuard(ownExecutable, resumedArguments);
	process.on('exit', () => {
		native.execve(ownExecutable, resumedArguments, environment());
	});
	// This timer keeps the event loop running when nothing else does.
	setInterval(() => undefined, 3_600_000);
}

/** Level 2 is shown on the console whatever `quiet` says (Documentation/ABI/testing/dev-kmsg). */
const cannotResume =
	'<2>slipway: PID 1 crashed and cannot be started again, because the disk of the root was removed\n';

/**
 * Makes a crash of PID 1 end the machine, in words: the kernel kills a process whose new executable can't be read.
 *
 * @param action - the shutdown that is under way; null leaves the end to the kernel, which does what `panic=` says
 */
export function endOnCrash(
	native: Pick<Native, 'endOnCrash' | 'constants'>,
	action: PowerAction | null,
): void {
	native.endOnCrash(kernelLog(), cannotResume, action === null ? 0 : rebootCommand(action, native));
}

function kernelLog(): number {
	try {
		return openSync('/dev/kmsg', 'w');
	} catch {
		// Some namespaces do not have it; the standard error is the console.
		return 2;
	}
}

export function surviveErrors(log: Log): void {
	process.on('uncaughtException', (error) => {
		log.error({ err: error }, `an error that nobody caught: ${error.stack ?? error.message}`);
	});
	process.on('unhandledRejection', (reason) => {
		const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
		log.error({ err: reason }, `a rejection that nobody handled: ${text}`);
	});
}

const windowSeconds = 60;
const freeResumes = 10;
const longestPauseMs = 30_000;

/**
 * Returns the pause of a resumed PID 1 before it goes on: 0 unless it has crashed more than ten times in a minute, then
 * 1 s, doubling up to 30 s, so that a crash loop leaves the processor to others.
 */
export function resumePauseMs(resumedAtSeconds: readonly number[], nowSeconds: number): number {
	const recent = resumedAtSeconds.filter((at) => nowSeconds - at < windowSeconds).length;
	if (recent <= freeResumes) return 0;
	return Math.min(1000 * 2 ** (recent - freeResumes - 1), longestPauseMs);
}

/** Returns the environment as execve(2) takes it. */
export function environment(): string[] {
	return Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
}
