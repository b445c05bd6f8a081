// The end of a service's process, asked for: the signal, SIGKILL when its time is up, and a look at the process itself,
// for containerd may hang, or be gone.

import type { SupervisorContext } from '../context/supervisor-context.ts';
import { phases } from '../contract/phases.ts';
import { identifyProcess, signalProcess } from '../process/process-identity.ts';
import { terminate } from '../process/terminate.ts';
import { within } from '../process/timeout.ts';
import type { ServiceRecord } from './service-record.ts';
import type { ServiceRules } from './service-rules.ts';
import type { ServiceEvent, ServiceState } from './service-state.ts';

/** After SIGKILL, for the kernel to end the processes and containerd to tell. */
const KILL_LIMIT_MS = 2000;
const STOP_POLL_MS = 100;
/** For containerd to tell the end of a process that is gone, and to remove the container; anew with each sign of life of
 * it, for with many services it has much to do. */
const TELL_LIMIT_MS = 2000;
const TELL_LIMIT_IN_ALL_MS = 10_000;
/** What stopping takes at most beyond the service's own time. */
export const STOP_MARGIN_MS = KILL_LIMIT_MS + TELL_LIMIT_IN_ALL_MS;

export interface EndingService {
	readonly name: string;
	readonly rules: ServiceRules;
	record(): ServiceRecord;
	/** When containerd was last heard of. */
	heardMs(): number;
	dispatch(event: ServiceEvent): void;
	until(settled: (state: ServiceState) => boolean): Promise<void>;
	/** Work that nobody waits for; its failure is told. */
	background(work: Promise<void>): void;
}

export interface ServiceEnd {
	/** Sends the signal; tells `grace-over` when the time is up. */
	ask(): void;
	kill(): void;
	/** After each change: what has ended, or goes on, is not killed. */
	noteState(state: ServiceState): void;
	/** Stops it, by force in the end. Bounded. */
	halt(): Promise<void>;
	processIsGone(): boolean;
}

export function createServiceEnd(
	service: EndingService,
	{ log, native, now }: SupervisorContext,
): ServiceEnd {
	const { name, rules, record, dispatch } = service;
	let graceTimer: NodeJS.Timeout | undefined;
	let killedPid: number | null = null;

	function processIsGone(): boolean {
		const { process } = record();
		return process === null || identifyProcess(process.pid)?.startTicks !== process.startTicks;
	}

	function toldByMs(goneSinceMs: number): number {
		const silentSinceMs = Math.max(goneSinceMs, service.heardMs());
		return Math.min(silentSinceMs + TELL_LIMIT_MS, goneSinceMs + TELL_LIMIT_IN_ALL_MS);
	}

	/** Its process has until the limit; containerd has time of its own to tell, from the moment that it is gone. */
	async function stopsWithin(limitMs: number): Promise<boolean> {
		const deadlineMs = now() + limitMs;
		let goneSinceMs: number | null = null;
		for (;;) {
			const untilMs = goneSinceMs === null ? deadlineMs : toldByMs(goneSinceMs);
			const stopped = service.until((state) => state.phase === 'stopped');
			const waited = await within(stopped, Math.min(STOP_POLL_MS, untilMs - now()));
			if (waited.done) return true;
			if (goneSinceMs === null && processIsGone()) {
				goneSinceMs = now();
			} else if (now() >= untilMs) {
				if (goneSinceMs === null) return false;
				dispatch({ event: 'exited', reason: 'ended; containerd does not answer', succeeded: false });
				return true;
			}
		}
	}

	return {
		processIsGone,
		ask() {
			const { process } = record();
			clearTimeout(graceTimer);
			graceTimer = setTimeout(() => dispatch({ event: 'grace-over' }), rules.stop.timeoutMs);
			if (process === null) return;
			const signal = rules.stop.signal as NodeJS.Signals;
			service.background(terminate(native, process, () => phases[record().state.phase].isEnding, signal));
		},
		kill() {
			const { process } = record();
			if (process === null) return;
			if (process.pid !== killedPid) {
				log.warn(
					{ service: name },
					`service ${name} did not end in ${rules.stop.timeoutMs} ms and is killed`,
				);
			}
			killedPid = process.pid;
			signalProcess(native, process, 'SIGKILL');
		},
		noteState(state) {
			if (!phases[state.phase].isEnding) clearTimeout(graceTimer);
		},
		async halt() {
			const { state, sinceMs } = record();
			// Begun before a crash of PID 1, it does not get its time anew.
			const usedMs = state.phase === 'stopping' ? now() - sinceMs : 0;
			dispatch({ event: 'stop' });
			if (!(await stopsWithin(rules.stop.timeoutMs - usedMs))) {
				dispatch({ event: 'grace-over' });
				if (!(await stopsWithin(KILL_LIMIT_MS))) {
					log.error({ service: name }, `service ${name} does not end, not even by SIGKILL`);
				}
			}
			clearTimeout(graceTimer);
		},
	};
}
