// The containers that run once, as the events tell of them. Pure.

import type { GuestEventLine } from '../contract/events.ts';

export interface OneShotStatus {
	/** `onboot/000-dhcpcd` */
	readonly name: string;
	readonly state: 'started' | 'done' | 'failed';
	/** Null while it runs. */
	readonly durationMs: number | null;
	/** Seconds of CLOCK_MONOTONIC since when it is in this state. */
	readonly since: number;
	/** Why it has failed. */
	readonly reason: string | null;
}

/** In the order in which they were started. */
export function oneShotStatus(events: readonly GuestEventLine[]): OneShotStatus[] {
	const known = new Map<string, OneShotStatus>();
	for (const event of events) {
		if (event.event !== 'onboot' && event.event !== 'onshutdown') continue;
		const name = `${event.event}/${event.name}`;
		const { state, durationMs = null, reason = null, at } = event;
		known.set(name, { name, state, durationMs, since: at, reason });
	}
	return [...known.values()];
}

/** By its whole name, `000-dhcpcd`, or `dhcpcd`. */
export function findOneShot(name: string, all: readonly OneShotStatus[]): OneShotStatus | null {
	const endings = (whole: string): string[] => {
		const folder = whole.slice(whole.indexOf('/') + 1);
		return [whole, folder, folder.replace(/^\d+-/, '')];
	};
	return all.find((each) => endings(each.name).includes(name)) ?? null;
}
