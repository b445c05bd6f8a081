// What the events of a system say about it now. Pure, and without Node: the page uses it too.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { ServicePhase } from '../../supervisor/contract/phases.ts';
import { beginsBoot } from '../machine/boot-events.ts';

export interface ServiceRow {
	readonly name: string;
	readonly state: ServicePhase;
	readonly ready: boolean;
	readonly restarts: number;
	readonly pid: number | null;
	/** The time of the last change, in seconds of the guest's clock. */
	readonly since: number;
	readonly reason: string | null;
}

/** The memory and processor time of a container; null for what is not known. */
export interface ServiceUsage {
	readonly name: string;
	readonly memoryBytes: number | null;
	/** Of one processor. */
	readonly cpuPercent: number | null;
}

/** What is said of a system that is not up. */
export type Absence = 'ended' | 'not reached';

export type Condition = 'booting' | 'ready' | 'in trouble' | 'ending' | Absence;

/** Returns a row for each service in the order of their first event. */
export function serviceRows(events: readonly GuestEventLine[]): readonly ServiceRow[] {
	const rows = new Map<string, ServiceRow>();
	for (const event of thisBoot(events)) {
		if (event.event !== 'service') continue;
		const { name, state, at, ready = false, pid, restarts, reason } = event;
		const before = rows.get(name);
		rows.set(name, {
			name,
			state,
			ready,
			restarts: restarts ?? before?.restarts ?? 0,
			pid: pid ?? null,
			since: at,
			reason: reason ?? null,
		});
	}
	return [...rows.values()];
}

/** @param isUp - whether the machine runs */
export function conditionOf(
	events: readonly GuestEventLine[],
	isUp: boolean,
	absence: Absence = 'ended',
): Condition {
	if (!isUp) return absence;
	const own = thisBoot(events);
	if (own.some(({ event }) => event === 'shutdown')) return 'ending';
	const isBroken = serviceRows(own).some(({ state }) => ['backoff', 'failed', 'unhealthy'].includes(state));
	if (isBroken) return 'in trouble';
	return own.some(({ event }) => event === 'ready') ? 'ready' : 'booting';
}

/** Returns the events since the last start of the kernel. PID 1 that comes back after a crash is no new boot. */
export function thisBoot(events: readonly GuestEventLine[]): readonly GuestEventLine[] {
	const start = events.findLastIndex(beginsBoot);
	return start <= 0 ? events : events.slice(start);
}
