// The files of a machine whose guest a test plays.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestEvent } from '../../supervisor/contract/events.ts';
import { processName } from '../../tools/files/process-name.ts';
import type { MachineBases } from '../../tools/machine/machine-directories.ts';

/** Returns the line of an event in a machine's log. */
export function eventLine(at: number, event: GuestEvent): string {
	return `${JSON.stringify({ ...event, at, msg: '' })}\n`;
}

export const startLine = eventLine(1, { event: 'init', resumed: false, version: '1' });

/** Returns the folders of a user's machines, empty, below `folder`. */
export function machineBasesIn(folder: string): MachineBases {
	const bases = { runtime: join(folder, 'run'), state: join(folder, 'state') };
	mkdirSync(bases.state, { recursive: true });
	return bases;
}

/** Adds a machine that this process is about to start, which counts as one that runs. Returns the folder of its logs. */
export function addMachine(
	bases: MachineBases,
	name: string,
	startedAt = '2026-01-01T00:00:00Z',
	ended: string | null = null,
): string {
	const state = join(bases.state, name);
	mkdirSync(state, { recursive: true });
	const record = {
		version: 1,
		name,
		runtime: join(bases.runtime, name),
		attached: true,
		starter: processName(process.pid),
		startedAt,
		started: false,
		request: { name, publish: [], disks: [] },
		ended,
	};
	writeFileSync(join(state, 'events.log'), startLine);
	writeFileSync(join(state, 'console.log'), 'hello\n');
	writeFileSync(join(state, 'machine.json'), JSON.stringify(record));
	return state;
}
