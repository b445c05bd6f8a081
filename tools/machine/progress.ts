// Formats a guest event as one line: the guest's clock, the subject, the message.

import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';

export function progressLine(event: GuestEventLine): string {
	const subject = subjectOf(event).padEnd(20);
	const took = 'durationMs' in event ? ` in ${(event.durationMs / 1000).toFixed(2)} s` : '';
	return printable(`[${event.at.toFixed(3).padStart(8)}] ${subject} ${event.msg}${took}`);
}

function subjectOf(event: GuestEventLine): string {
	switch (event.event) {
		case 'stage':
			return event.stage;
		case 'onboot':
		case 'onshutdown':
		case 'service':
			return `${event.event} ${event.name}`;
		default:
			return event.event;
	}
}
