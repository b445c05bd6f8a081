// Unmounts everything at shutdown, so that no file system is left dirty.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/log.ts';
import { constant, flags } from './constant.ts';
import { parseMountInfo } from './mount-info.ts';
import { planUnmounts, type Unmount } from './unmount-plan.ts';

/** The kernel lets go of a file on a disk a moment after its last user has gone: a loop device's, a device mapper's. */
const patience = { tries: 50, pauseMs: 20 } as const;

/** In the plan's order. */
export async function unmountAll(native: Native, log: Log, plan: readonly Unmount[]): Promise<void> {
	for (const { how, path } of plan) {
		if (how === 'detach') detach(native, path);
		else if (how === 'plain') await unmountDisk(native, log, path);
		else unmount(native, path);
	}
}

async function unmountDisk(native: Native, log: Log, path: string): Promise<void> {
	for (let left = patience.tries; left > 0; left -= 1) {
		const code = unmount(native, path);
		if (code === null) return;
		if (code !== 'EBUSY') break;
		await setTimeout(patience.pauseMs);
	}
	lastResort(native, log, path);
}

export function readUnmountPlan(): Unmount[] {
	return planUnmounts(parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1')));
}

/** Null when it is unmounted, else the error's code. */
function unmount(native: Native, path: string): string | null {
	try {
		native.umount2(path, constant(native, 'UMOUNT_NOFOLLOW'));
		return null;
	} catch (error) {
		return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
	}
}

function lastResort(native: Native, log: Log, path: string): void {
	try {
		native.mount(null, path, null, flags(native, ['MS_REMOUNT', 'MS_RDONLY']), null);
	} catch (error) {
		log.warn({ stage: 'shutdown' }, `${path} is still written to: ${String(error)}`);
	}
	detach(native, path);
}

function detach(native: Native, path: string): void {
	try {
		native.umount2(path, constant(native, 'MNT_DETACH'));
	} catch {
		// It is gone with the machine.
	}
}
