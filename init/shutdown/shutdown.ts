// The clean end of the system, on one screen. Every step has a timeout and may fail. The power goes off in any case, by
// the addon's deadline when PID 1 itself hangs. The whole takes no longer than the sum of the timeouts, even when PID 1
// crashes on the way: the boot state holds the steps that are done and the end of the whole.

import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import type { BootState } from '../process/boot-state.ts';
import { endOnCrash } from '../process/crash-guard.ts';
import { type PowerAction, rebootCommand } from '../process/power-action.ts';
import { endProcesses, type RunningProcess } from './end-processes.ts';
import { armDeadline, endMarginMs } from './shutdown-deadline.ts';
import { runSteps, type Step, sumOfTimeoutsMs } from './shutdown-steps.ts';
import { swapOffAll } from './swap-off.ts';
import { unmountAll } from './unmount-all.ts';
import type { Unmount } from './unmount-plan.ts';

export interface ShutdownParts {
	readonly native: Native;
	readonly log: Log;
	readonly supervisor: Supervisor;
	readonly state: BootState;
	/** Returns the processes of user space but PID 1. */
	readonly listProcesses: () => readonly RunningProcess[];
	readonly planUnmounts: () => readonly Unmount[];
	/** See `unmountAll`. */
	readonly ownsDisks: boolean;
	/** Returns the files and devices that hold swap. */
	readonly listSwaps: () => readonly string[];
	/** Writes the last lines of the log, for a bounded time. */
	readonly flushLogs: () => void;
	/** Returns the milliseconds of CLOCK_MONOTONIC. */
	readonly nowMs: () => number;
}

const onbootGraceMs = 3_000;
const onshutdownTimeoutMs = 60_000;
/** The time of a step after its own timeout: for killing, removing and logging. */
const marginMs = 5_000;

/** Rejects only when the kernel refuses to end; the deadline is disarmed then. */
export async function shutDown(action: PowerAction, parts: ShutdownParts): Promise<void> {
	const { native, log, state, nowMs } = parts;
	state.shutdown = action;
	if (state.isRootGone) endOnCrash(native, action);
	const steps = shutdownSteps(parts);
	const { stepsDone, endsAtMs } = state.shutdownProgress ?? { stepsDone: [], endsAtMs: null };
	const timeoutMs = sumOfTimeoutsMs(steps) + endMarginMs;
	log.event({ event: 'shutdown', action, timeoutMs }, `${action}: services are being stopped`);
	await runSteps(steps, stepsDone, endsAtMs, {
		log,
		nowMs,
		note(progress) {
			state.shutdownProgress = progress;
			armDeadline(native, log, action, progress.endsAtMs);
		},
	});
	log.info({ stage: 'shutdown' }, `${action}: now`);
	parts.flushLogs();
	try {
		native.reboot(rebootCommand(action, native));
	} catch (error) {
		native.disarmDeadline();
		throw error;
	}
}

function shutdownSteps(parts: ShutdownParts): readonly Step[] {
	const { native, log, supervisor } = parts;
	const onshutdown: Step = {
		what: 'onshutdown',
		timeoutMs: onshutdownTimeoutMs + marginMs,
		run: (leftMs) => supervisor.runOnshutdown(Math.max(0, leftMs - marginMs)),
	};
	return [
		{
			what: 'onboot',
			timeoutMs: onbootGraceMs + marginMs,
			run: () => supervisor.stopOnboot(onbootGraceMs),
		},
		{
			what: 'services',
			timeoutMs: supervisor.stopTimeoutMs() + marginMs,
			run: () => supervisor.stopServices(),
		},
		...(supervisor.hasOnshutdown() ? [onshutdown] : []),
		{
			what: 'processes',
			timeoutMs: 10_000,
			run: () => endProcesses(native, log, parts.listProcesses, { termMs: 3_000, killMs: 2_000 }),
		},
		{
			// One step, because no timer interrupts these calls: a slow one takes its time from the others.
			what: 'file systems',
			timeoutMs: 30_000,
			async run() {
				native.sync();
				const disks = parts.planUnmounts().filter(({ how }) => how === 'plain');
				const mountPoints = disks.map(({ path }) => path);
				swapOffAll(native, log, parts.listSwaps(), mountPoints);
				try {
					await unmountAll(native, log, parts.planUnmounts(), parts.ownsDisks);
				} finally {
					native.sync();
				}
			},
		},
	];
}
