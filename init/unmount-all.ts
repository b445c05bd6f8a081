// Unmounts everything at shutdown, so that no file system is left dirty.

import { readFileSync } from 'node:fs';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/log.ts';
import { constant, flags } from './constant.ts';
import { parseMountInfo } from './mount-info.ts';
import { planUnmounts, type Unmount } from './unmount-plan.ts';

export function unmountAll(native: Native, log: Log, plan: readonly Unmount[]): void {
	for (const unmount of plan) {
		if (unmount.how === 'detach') detach(native, unmount.path);
		else if (!tryUnmount(native, unmount.path) && unmount.how === 'plain')
			lastResort(native, log, unmount.path);
	}
}

export function readUnmountPlan(): Unmount[] {
	return planUnmounts(parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1')));
}

function tryUnmount(native: Native, path: string): boolean {
	try {
		native.umount2(path, constant(native, 'UMOUNT_NOFOLLOW'));
		return true;
	} catch {
		return false;
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
