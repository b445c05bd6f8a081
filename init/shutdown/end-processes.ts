// Ends every process but PID 1: SIGTERM, a bounded wait, SIGKILL. kill(-1) leaves PID 1 out, and the kernel's threads
// ignore signals (kill(2)).

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { constant } from '../../native/linux/constant.ts';
import { readProcessStat } from '../../native/linux/proc-stat.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';

export interface RunningProcess {
	readonly pid: number;
	readonly name: string;
}

const pollMs = 25;
const maxNames = 10;

/** Logs the names of the processes that do not end by SIGTERM, and of those that do not even end by SIGKILL. */
export async function endProcesses(
	native: Pick<Native, 'kill' | 'constants'>,
	log: Log,
	listProcesses: () => readonly RunningProcess[],
	limits: { readonly termMs: number; readonly killMs: number },
): Promise<void> {
	const end = async (signal: string, timeoutMs: number): Promise<readonly RunningProcess[]> => {
		if (listProcesses().length === 0) return [];
		signalAll(native, constant(native, signal));
		const deadline = performance.now() + timeoutMs;
		while (listProcesses().length > 0 && performance.now() < deadline) await sleep(pollMs);
		return listProcesses();
	};
	const unwilling = await end('SIGTERM', limits.termMs);
	if (unwilling.length === 0) return;
	const seconds = limits.termMs / 1000;
	log.warn({ stage: 'shutdown' }, `${named(unwilling)} did not end in ${seconds} s and are killed`);
	const left = await end('SIGKILL', limits.killMs);
	if (left.length > 0) log.error({ stage: 'shutdown' }, `${named(left)} do not end, not even by SIGKILL`);
}

/** Returns e.g. `2 processes (sh 71, sleep 72)`. */
function named(processes: readonly RunningProcess[]): string {
	const names = processes.slice(0, maxNames).map(({ pid, name }) => `${name} ${pid}`);
	if (processes.length > maxNames) names.push('...');
	return `${processes.length} processes (${names.join(', ')})`;
}

function signalAll(native: Pick<Native, 'kill'>, signal: number): void {
	try {
		native.kill(-1, signal);
	} catch {
		// ESRCH: there is no process.
	}
}

/** Returns the processes of user space but PID 1 and zombies. A process may hide its command line (prctl(2)), so that is not asked. */
export function listProcesses(): readonly RunningProcess[] {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== '1');
	return pids.flatMap((pid) => {
		const stat = readProcessStat(Number(pid));
		return stat === null || stat.isKernelThread || stat.isZombie
			? []
			: [{ pid: Number(pid), name: stat.name }];
	});
}
