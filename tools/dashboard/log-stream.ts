// The log of a service or of PID 1 as the answer to a request, which ends when its reader is gone.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { printable } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { serviceRows } from './system-model.ts';
import type { WatchedSystem } from './watched-system.ts';

const pid1Name = 'init';
const lastLines = ['-n', '200'] as const;
/** A reader who is further behind loses lines of PID 1's log. A service's log waits for its reader. */
const maxWaitingBytes = 1024 * 1024;

/** Accepts only names that the guest has told, and none that is an option. */
export function isLogName({ events }: WatchedSystem, name: string): boolean {
	if (name === pid1Name) return true;
	return !name.startsWith('-') && serviceRows(events).some((row) => row.name === name);
}

/** Sends the end of the log, and what is added to it. Rejects when the guest can't be asked. */
export async function streamLog(
	system: WatchedSystem,
	name: string,
	response: ServerResponse,
): Promise<void> {
	const ended = new AbortController();
	response.on('close', () => ended.abort());
	response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
	response.flushHeaders();
	const pass = async (bytes: Buffer): Promise<void> => {
		if (!response.write(bytes) && !ended.signal.aborted)
			await once(response, 'drain', { signal: ended.signal }).catch(() => undefined);
	};
	if (name !== pid1Name) await system.service(['logs', '-f', ...lastLines, name], pass, ended.signal);
	else {
		await system.service(['logs', ...lastLines, name], pass, ended.signal);
		await addEvents(system, response, ended.signal);
	}
	response.end();
}

/** `service logs -f` follows services alone, so what is added to PID 1's log comes from its events. */
async function addEvents(
	{ emitter }: WatchedSystem,
	response: ServerResponse,
	ended: AbortSignal,
): Promise<void> {
	if (ended.aborted) return;
	const add = (event: GuestEventLine): void => {
		if (response.writableLength < maxWaitingBytes) response.write(eventLine(event));
	};
	emitter.on('event', add);
	await once(ended, 'abort');
	emitter.off('event', add);
}

/** Returns the line that `service logs` shows for the event. */
function eventLine(event: GuestEventLine): string {
	const subject = 'name' in event ? event.name : 'stage' in event ? event.stage : event.event;
	const at = event.at.toFixed(3).padStart(10);
	return `[${at}] ${printable(subject).padEnd(16)} ${printable(event.msg)}\n`;
}
