// The clean end of the system, on one screen. Every step has a time limit and may fail; the power goes off all the
// same.

import { Worker } from 'node:worker_threads';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { BootState } from './boot-state.ts';
import { endProcesses } from './end-processes.ts';
import { type PowerAction, rebootCommand } from './power-action.ts';
import { readUnmountPlan, unmountAll } from './unmount-all.ts';

export interface ShutdownParts {
	readonly native: Native;
	readonly log: Log;
	readonly supervisor: Supervisor;
	readonly state: BootState;
	/** Gets the last lines out, within a time of its own. */
	readonly flushLogs: () => void;
}

interface Step {
	readonly what: string;
	readonly limitMs: number;
	readonly run: () => void | Promise<void>;
}

const serviceGraceMs = 10_000;
const onshutdownLimitMs = 60_000;

export async function shutDown(action: PowerAction, parts: ShutdownParts): Promise<void> {
	const { native, log, supervisor, state } = parts;
	state.shutdown = action;
	log.event({ event: 'shutdown', action }, `${action}: services are being stopped`);
	for (const step of shutdownSteps(parts)) await runStep(step, log);
	log.info({ stage: 'shutdown' }, `${action}: now`);
	parts.flushLogs();
	native.reboot(rebootCommand(action, native));

	function shutdownSteps({ native, log }: ShutdownParts): readonly Step[] {
		return [
			{
				what: 'services',
				limitMs: serviceGraceMs + 10_000,
				run: () => supervisor.stopServices(serviceGraceMs),
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
					const left = await endProcesses(native, 3_000, 2_000);
					if (left > 0) log.warn({ stage: 'shutdown' }, `${left} processes did not end`);
				},
			},
			{ what: 'hang-up guard', limitMs: 1_000, run: () => guardAgainstHangingDisk(action) },
			{ what: 'sync', limitMs: 1_000, run: () => native.sync() },
			{ what: 'unmount', limitMs: 1_000, run: () => unmountAll(native, log) },
			{ what: 'sync again', limitMs: 1_000, run: () => native.sync() },
		];
	}
}

async function runStep(step: Step, log: Log): Promise<void> {
	const { promise, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(new Error(`not done after ${step.limitMs / 1000} s`)), step.limitMs);
	try {
		await Promise.race([step.run(), promise]);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		log.error({ stage: 'shutdown' }, `${step.what}: ${reason}`);
	} finally {
		clearTimeout(timer);
	}
}

const hangMs = 30_000;

/**
 * sync(2) and umount(2) of a dead disk never return, and with them PID 1's thread. Another thread then pulls the
 * plug through the kernel (Documentation/admin-guide/sysrq.rst). Not where all is memory: a thread costs time.
 */
function guardAgainstHangingDisk(action: PowerAction): void {
	if (readUnmountPlan().every(({ how }) => how === 'quiet')) return;
	const key = action === 'reboot' ? 'b' : 'o';
	const code = `setTimeout(() => require('node:fs').writeFileSync('/proc/sysrq-trigger', '${key}'), ${hangMs})`;
	new Worker(code, { eval: true });
}
