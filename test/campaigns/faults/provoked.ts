// A fault has consequences, which are described here with the steps that kinds of faults share.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';
import type { Expected, FaultyGuest, View } from './faulty-guest.ts';
import type { Fault } from './plan-faults.ts';

export interface Provoked {
	readonly expected: Expected;
	/** When a service's process, or its shim, was killed: seconds of CLOCK_MONOTONIC. */
	readonly deathAt?: number;
}

export type Provoke = (guest: FaultyGuest, fault: Fault, before: View) => Promise<Provoked>;

export const SIGKILL = 9;

export const nothing: Expected = { restarts: {}, resumes: 0, containerd: false };

export function restarted(service: string): Expected {
	return { ...nothing, restarts: { [service]: 1 } };
}

export function replacedByHand(service: string): Expected {
	return { ...nothing, restarts: { [service]: 0 } };
}

export async function kill(
	guest: FaultyGuest,
	signal: number,
	...pids: readonly (number | string)[]
): Promise<number> {
	const at = /^at (\d+\.\d+)$/m.exec(await guest.tool('kill', signal, ...pids))?.[1];
	return Number(at);
}

/** Resolves with the next event that matches. */
export async function comesTo(guest: FaultyGuest, service: string, state: string): Promise<GuestEventLine> {
	const { events } = guest.guest.machine;
	const seen = events.length;
	return await guest.guest.event(
		(event) =>
			event.event === 'service' &&
			event.name === service &&
			event.state === state &&
			events.indexOf(event) >= seen,
	);
}
