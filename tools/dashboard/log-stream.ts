// The log of a service or of PID 1 as the answer to a request, which ends when its reader is gone.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { serviceRows } from './system-model.ts';
import type { WatchedSystem } from './watched-system.ts';

const pid1Name = 'init';
const lastLines = ['-n', '200'] as const;

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
	await system.service(['logs', '-f', ...lastLines, name], pass, ended.signal);
	response.end();
}
