// Looks back in a machine's event log for what a state follows from, when the part that is read no longer has the boot's beginning.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { beginsBoot } from './boot-events.ts';
import { maxLineBytes, parseEvent } from './guest-events.ts';
import { keptFirstBytes } from './log-keeper.ts';

const chunkBytes = 2 ** 20;

/** Returns the events `init` and `ready` of the last boot that begins before that place, as far as the log still has them. */
export function bootBefore(eventLog: string, endBytes: number): readonly GuestEventLine[] {
	let ready: readonly GuestEventLine[] = [];
	for (const line of linesBefore(eventLog, endBytes)) {
		// Few of many lines are worth parsing.
		if (!/"event":"(?:init|ready)"/.test(line)) continue;
		const event = parseEvent(line);
		if (event === null) continue;
		if (beginsBoot(event)) return [event, ...ready];
		if (event.event === 'ready') ready = [event];
	}
	return ready;
}

/** Yields the last line first, and leaves out the part that was freed. The line that the place is in comes whole. */
function* linesBefore(path: string, endBytes: number): Generator<string, void> {
	const fd = openSync(path, 'r');
	try {
		let to = Math.min(fstatSync(fd).size, endBytes + maxLineBytes);
		let rest = '';
		while (to > 0) {
			const from = Math.max(0, to - chunkBytes);
			const chunk = Buffer.alloc(to - from);
			readSync(fd, chunk, 0, chunk.length, from);
			const isFreed = to > keptFirstBytes && chunk.every((byte) => byte === 0);
			to = isFreed ? Math.min(from, keptFirstBytes) : from;
			if (isFreed) {
				rest = '';
				continue;
			}
			const [first = '', ...whole] = `${chunk.toString('latin1')}${rest}`.split('\n');
			for (const line of whole.toReversed()) yield Buffer.from(line, 'latin1').toString('utf8');
			rest = first.length > maxLineBytes ? '' : first;
		}
		yield rest;
	} finally {
		closeSync(fd);
	}
}
