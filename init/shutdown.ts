// The clean end of the system, on one screen. Every step has a time limit and may fail; the power goes off all the
// same.

import { Worker } from 'node:worker_threads';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { BootState } from './boot-state.ts';
import { endProcesses } from './end-processes.ts';
import { type PowerAction, rebootCommand } from './power-action.ts';
import { unmountAll } from './unmount-all.ts';
import type { Unmount } from './unmount-plan.ts';

export interface ShutdownParts {
	readonly native: Native;
	readonly log: Log;
	readonly supervisor: Supervisor;
	readonly state: BootState;
	/** Processes of user space besides PID 1. */
	readonly countProcesses: () => number;
	readonly planUnmounts: () => readonly Unmount[];
	/** Gets the last lines out, within a time of its own. */
	readonly flushLogs: () => void;
}

export interface Step {
	readonly what: string;
	readonly limitMs: number;
	readonly run: () => void | Promise<void>;
}

const onbootGraceMs = 3_000;
const onshutdownLimitMs = 60_000;

export async function shutDown(action: PowerAction, parts: ShutdownParts): Promise<void> {
	const { native, log, state } = parts;
	state.shutdown = action;
	log.event({ event: 'shutdown', action }, `${action}: services are being stopped`);
	await runSteps(shutdownSteps(action, parts), log);
	log.info({ stage: 'shutdown' }, `${action}: now`);
	parts.flushLogs();
	native.reboot(rebootCommand(action, native));
}

export function shutdownSteps(action: PowerAction, parts: ShutdownParts): readonly Step[] {
	const { native, log, supervisor } = parts;
	return [
		{
			what: 'onboot',
			limitMs: onbootGraceMs + 5_000,
			run: () => supervisor.stopOnboot(onbootGraceMs),
		},
		{
			what: 'services',
			limitMs: supervisor.stopLimitMs() + 5_000,
			run: () => supervisor.stopServices(),
		},
		{
			what: 'onshutdown',
			limitMs: onshutdownLimitMs + 5_000,
			run: () => supervisor.runOnshutdown(onshutdownLimitMs),
		},
		{
			what: 'processes',
			limitMs: 10_000,
			run: async () => {
				const left = await endProcesses(native, parts.countProcesses, { termMs: 3_000, killMs: 2_000 });
				if (left > 0) log.warn({ stage: 'shutdown' }, `${left} processes did not end`);
			},
		},
		{
			what: 'hang-up guard',
			limitMs: 1_000,
			run: () => guardAgainstHangingDisk(action, parts.planUnmounts()),
		},
		{ what: 'sync', limitMs: 1_000, run: () => native.sync() },
		{ what: 'unmount', limitMs: 1_000, run: () => unmountAll(native, log, parts.planUnmounts()) },
		{ what: 'sync again', limitMs: 1_000, run: () => native.sync() },
	];
}

/** One after the other; what fails or takes too long is told, and the next one runs. */
export async function runSteps(steps: readonly Step[], log: Log): Promise<void> {
	for (const step of steps) {
		const { promise, reject } = Promise.withResolvers<never>();
		const tooLong = new Error(`not done after ${step.limitMs / 1000} s`);
		const timer = setTimeout(() => reject(tooLong), step.limitMs);
		try {
			await Promise.race([step.run(), promise]);
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			log.error({ stage: 'shutdown' }, `${step.what}: ${reason}`);
		} finally {
			clearTimeout(timer);
		}
	}
}

const hangMs = 30_000;

/**
 * sync(2) and umount(2) of a dead disk never return, and with them PID 1's thread. Another thread then pulls the
 * plug through the kernel (Documentation/admin-guide/sysrq.rst). Not where all is memory: a thread costs time.
 */
function guardAgainstHangingDisk(action: PowerAction, plan: readonly Unmount[]): void {
	if (plan.every(({ how }) => how === 'quiet')) return;
	const key = action === 'reboot' ? 'b' : 'o';
	const code = `setTimeout(() => require('node:fs').writeFileSync('/proc/sysrq-trigger', '${key}'), ${hangMs})`;
	new Worker(code, { eval: true });
}
