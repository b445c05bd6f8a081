// The events of one boot of a guest, as many as are kept. Without Node: the page of the dashboard uses it too.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';

/** A guest may send events without end. Of a boot, so many stay: its beginning, and what was last. */
const maxEvents = 8000;
const kept = { first: 1000, last: 3000 } as const;

/** Reports whether a kernel has started: a resumed PID 1 goes on with its boot. */
export function beginsBoot(event: GuestEventLine): boolean {
	return event.event === 'init' && !event.resumed;
}

/** Adds an event to those of the same boot; the start of a kernel begins with none. */
export function addEvent(events: GuestEventLine[], event: GuestEventLine): void {
	if (beginsBoot(event)) events.length = 0;
	events.push(event);
	if (events.length > maxEvents) events.splice(kept.first, events.length - kept.first - kept.last);
}
