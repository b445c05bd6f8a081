// PID 1 never dies: any exit of it is a kernel panic ("Attempted to kill init!").
//
// - A crash in native code or a full V8 heap (which V8 turns into SIGTRAP or SIGABRT) is caught by the addon's
//   C handler, which executes this same executable anew with `--resumed`; what was done is in /run/slipway.
// - An error that nobody caught is logged; the event loop goes on.
// - Should the loop end or someone call `process.exit`, we execute ourselves anew, too.

import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';

/** Resolved by the kernel, so it works whatever root we are in; needs /proc. */
const ownExecutable = '/proc/self/exe';
const resumedArguments = [ownFiles.executable, '--resumed'];

/** As early as /proc is mounted: a crash before this is the end. */
export function installCrashGuard(native: Pick<Native, 'installCrashGuard' | 'execve'>): void {
	native.installCrashGuard(ownExecutable, resumedArguments);
	process.on('exit', () => {
		native.execve(ownExecutable, resumedArguments, environment());
	});
	// A timer that holds the event loop open when nothing else does.
	setInterval(() => undefined, 3_600_000);
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
 * How long a resumed PID 1 rests before it goes on: not at all, unless it has crashed more than ten times in a
 * minute. Then 1 s, doubling up to 30 s, so that a crash loop doesn't eat the machine.
 */
export function resumePauseMs(resumedAtSeconds: readonly number[], nowSeconds: number): number {
	const recent = resumedAtSeconds.filter((at) => nowSeconds - at < windowSeconds).length;
	if (recent <= freeResumes) return 0;
	return Math.min(1000 * 2 ** (recent - freeResumes - 1), longestPauseMs);
}

function environment(): string[] {
	return Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
}
