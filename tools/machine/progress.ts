// Formats a guest event as one line: the guest's clock, the subject, the message.

import { type Style, styled } from '../../native/text/colour.ts';
import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { stateStyle } from '../../supervisor/contract/state-styles.ts';

/** Reports whether the event is one for `--verbose` only: a stage that this machine does not need. */
export function isDetail(event: GuestEventLine): boolean {
	return event.event === 'stage' && event.state === 'skipped';
}

/** Failures and what is ready are told apart by their colours, where these are wanted. */
export function progressLine(event: GuestEventLine, isColoured = false): string {
	const subject = subjectOf(event).padEnd(20);
	const took = 'durationMs' in event ? ` in ${(event.durationMs / 1000).toFixed(2)} s` : '';
	const line = printable(`[${event.at.toFixed(3).padStart(8)}] ${subject} ${event.msg}${took}`);
	const style = isColoured ? styleOf(event) : null;
	return style === null ? line : styled(line, style);
}

function styleOf(event: GuestEventLine): Style | null {
	if (event.event === 'ready') return 'good';
	if (event.event === 'service') {
		const style = stateStyle(event.state);
		return style === 'busy' ? null : style;
	}
	if (isDetail(event)) return 'dim';
	return 'state' in event && event.state === 'failed' ? 'bad' : null;
}

function subjectOf(event: GuestEventLine): string {
	switch (event.event) {
		case 'stage':
			return event.stage;
		case 'run':
		case 'onboot':
		case 'onshutdown':
		case 'service':
			return `${event.event} ${event.name}`;
		default:
			return event.event;
	}
}
