// Ends every process but PID 1: SIGTERM, a bounded wait, SIGKILL. kill(-1) spares PID 1 itself, and the kernel's
// threads take no signals (kill(2)).

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native } from '../native/native.ts';
import { constant } from './constant.ts';

const pollMs = 25;

/** Returns how many were still there at the end. */
export async function endProcesses(
	native: Native,
	countProcesses: () => number,
	limits: { readonly termMs: number; readonly killMs: number },
): Promise<number> {
	for (const [signal, limitMs] of [
		['SIGTERM', limits.termMs],
		['SIGKILL', limits.killMs],
	] as const) {
		if (countProcesses() === 0) return 0;
		signalAll(native, constant(native, signal));
		const deadline = performance.now() + limitMs;
		while (countProcesses() > 0 && performance.now() < deadline) await sleep(pollMs);
	}
	return countProcesses();
}

function signalAll(native: Native, signal: number): void {
	try {
		native.kill(-1, signal);
	} catch {
		// ESRCH: there is nobody.
	}
}

/** Processes of user space, PID 1 not counted. The kernel's threads have no command line; nor have zombies. */
export function countProcesses(): number {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== '1');
	return pids.filter((pid) => {
		try {
			return readFileSync(`/proc/${pid}/cmdline`).length > 0;
		} catch {
			return false;
		}
	}).length;
}
