// What must be there before the first stage: /proc for the crash guard, /run for state that outlives a crash, /dev
// for the console and the event port. The root stage takes them along to the new root.

import { readFileSync } from 'node:fs';
import type { Native } from '../native/native.ts';
import { parseMountInfo } from './mount-info.ts';
import { applyMounts } from './mounts/apply-mounts.ts';
import { mountTable } from './mounts/mount-table.ts';

/** Returns what failed. */
export function prepareGround(native: Native): readonly string[] {
	const umask = process.umask(0);
	try {
		const rows = mountTable.filter((row) => row.need === 'ground');
		const present = parseMountInfo(readOrEmpty('/proc/self/mountinfo'));
		return applyMounts(native, rows, present).failures;
	} finally {
		process.umask(umask);
	}
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		return '';
	}
}
