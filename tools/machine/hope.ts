// Decides, by the guest's events, that a system will not become ready: something failed for good, or a service ends again and again
// with nothing left that it could be waiting for.

import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { isServicePhase, phases, type ServicePhase } from '../../supervisor/contract/phases.ts';
import { hopelessness } from './wait-until-ready.ts';

/** With the default rules the ends are within 13 s: 0.2 s, 0.4 s, … 6.4 s of pauses. */
export const hopelessEnds = 6;

export interface Hopeless {
	/** Why, in words that follow "when". */
	readonly why: string;
	/** The service whose last lines explain it; null for an onboot container, whose event has them. */
	readonly service: string | null;
}

/** Takes the events of one boot in their order. Returns null as long as the system can become ready. */
export type HopeWatch = (event: GuestEventLine) => Hopeless | null;

export function watchHope(): HopeWatch {
	const services = new Map<string, Followed>();
	return (event) => {
		const why = hopelessness(event);
		if (why !== null) return { why, service: event.event === 'service' ? event.name : null };
		if (event.event !== 'service' || !isServicePhase(event.state)) return null;
		const { name, state } = event;
		const before = services.get(name) ?? newcomer;
		const now = after(before, state, event.ready === true);
		services.set(name, now);
		// One that has just become ready may be what another one waits for.
		if (now.isReady && !before.isReady) forget(services);
		if (state !== 'backoff') return null;
		if ([...services].some(([other, followed]) => other !== name && isComing(followed))) {
			forget(services);
			return null;
		}
		if (now.ends < hopelessEnds) return null;
		return {
			why: `the service ${printable(name)} had ended ${now.ends} times, and all that it could wait for was up`,
			service: name,
		};
	};
}

/** What is known of a service. */
interface Followed {
	readonly phase: ServicePhase;
	readonly isReady: boolean;
	/** The ends in a row that count. */
	readonly ends: number;
	/** It has ended before it was ever ready. */
	readonly hasFailed: boolean;
}

const newcomer: Followed = { phase: 'stopped', isReady: false, ends: 0, hasFailed: false };

function after(before: Followed, phase: ServicePhase, isReady: boolean): Followed {
	const hasEnded = phase === 'backoff';
	return {
		phase,
		isReady,
		ends: isReady ? 0 : before.ends + (hasEnded ? 1 : 0),
		hasFailed: before.hasFailed || hasEnded,
	};
}

/** Starts the count of ends again. */
function forget(services: Map<string, Followed>): void {
	for (const [name, followed] of services) services.set(name, { ...followed, ends: 0 });
}

/** Reports whether it may soon be ready, and does not itself end again and again. */
function isComing({ phase, isReady, hasFailed }: Followed): boolean {
	return !isReady && !hasFailed && (phase === 'starting' || phases[phase].isUp);
}
