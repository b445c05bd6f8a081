// Reads the lines that PID 1 writes to its event port. They come from inside the guest and are not trusted: a line that
// does not follow the contract is dropped, and the length of a line is limited.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';

export const maxLineBytes = 64 * 1024;

const kinds: ReadonlySet<unknown> = new Set([
	'init',
	'stage',
	'onboot',
	'onshutdown',
	'service',
	'run',
	'ready',
	'shutdown',
]);

/** Returns a function that takes the port's bytes; `onEvent` gets each line that is an event. */
export function createEventReader(onEvent: (event: GuestEventLine) => void): (bytes: Buffer) => void {
	let rest = '';
	return (bytes) => {
		// Line ends are found in bytes; a character may be cut at the end of a chunk, so only whole lines are decoded.
		rest += bytes.toString('latin1');
		const lines = rest.split('\n');
		rest = lines.pop() ?? '';
		if (rest.length > maxLineBytes) rest = '';
		for (const line of lines) {
			const event = parseEvent(Buffer.from(line, 'latin1').toString('utf8'));
			if (event !== null) onEvent(event);
		}
	};
}

export function parseEvent(line: string): GuestEventLine | null {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return null;
	}
	return isEventLine(value) ? value : null;
}

function isEventLine(value: unknown): value is GuestEventLine {
	if (typeof value !== 'object' || value === null) return false;
	const line = value as Record<string, unknown>;
	if (!kinds.has(line['event']) || typeof line['at'] !== 'number' || typeof line['msg'] !== 'string')
		return false;
	if (!isOptional(line['reason'], 'string')) return false;
	if (!['durationMs', 'pid', 'restarts', 'timeoutMs'].every((key) => isOptional(line[key], 'number')))
		return false;
	switch (line['event']) {
		case 'stage':
			return typeof line['stage'] === 'string' && typeof line['state'] === 'string';
		case 'onboot':
		case 'onshutdown':
			return (
				typeof line['name'] === 'string' &&
				typeof line['state'] === 'string' &&
				(line['lastLines'] === undefined || isTexts(line['lastLines']))
			);
		case 'service':
		case 'run':
			return typeof line['name'] === 'string' && typeof line['state'] === 'string';
		case 'shutdown':
			return typeof line['action'] === 'string';
		default:
			return true;
	}
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
	return value === undefined || typeof value === type;
}

function isTexts(value: unknown): boolean {
	return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
