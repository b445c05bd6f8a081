// The status of the containers that run once, those of `service run` too, computed from the events. Pure.

import type { GuestEventLine } from '../contract/events.ts';

export interface OneShotStatus {
	/** E.g. `onboot/000-dhcpcd`, `run/run-1`. */
	readonly name: string;
	readonly state: 'started' | 'done' | 'failed';
	/** Null while it runs. */
	readonly durationMs: number | null;
	/** When the state began, in seconds of CLOCK_MONOTONIC. */
	readonly since: number;
	/** Why it failed, else null. */
	readonly reason: string | null;
}

/** Returns the containers in the order of their starts. */
export function oneShotStatus(events: readonly GuestEventLine[]): OneShotStatus[] {
	const known = new Map<string, OneShotStatus>();
	for (const event of events) {
		if (event.event !== 'onboot' && event.event !== 'onshutdown' && event.event !== 'run') continue;
		const name = `${event.event}/${event.name}`;
		const { state, durationMs = null, reason = null, at } = event;
		if (event.event === 'run' && event.isForgotten === true) known.delete(name);
		else known.set(name, { name, state, durationMs, since: at, reason });
	}
	return [...known.values()];
}

/** Finds a container by its full name, e.g. `onboot/000-dhcpcd`, or by `000-dhcpcd` or `dhcpcd`. */
export function findOneShot(name: string, all: readonly OneShotStatus[]): OneShotStatus | null {
	const namesOf = (fullName: string): string[] => {
		const folder = fullName.slice(fullName.indexOf('/') + 1);
		return [fullName, folder, folder.replace(/^\d+-/, '')];
	};
	return all.find((each) => namesOf(each.name).includes(name)) ?? null;
}
