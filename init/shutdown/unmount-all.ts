// Unmounts all file systems at shutdown, so that none stays dirty.

import { setTimeout } from 'node:timers/promises';
import { constant, flags } from '../../native/linux/constant.ts';
import { readMountInfo } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { planUnmounts, type Unmount } from './unmount-plan.ts';

type UnmountCalls = Pick<Native, 'mount' | 'umount2' | 'constants'>;

/** The kernel releases a file on a disk a moment after its last user, e.g. a loop device that held swap, is gone. */
const retries = { tries: 100, pauseMs: 20 } as const;

/**
 * Follows the plan's order, and logs the disks that stay dirty.
 *
 * @param ownsDisks - false in an inner namespace, whose disks belong to the machine around it
 */
export async function unmountAll(
	native: UnmountCalls,
	log: Log,
	plan: readonly Unmount[],
	ownsDisks: boolean,
): Promise<void> {
	for (const { how, path } of plan) {
		if (how === 'detach') detach(native, path);
		else if (how === 'plain' && ownsDisks) await unmountDisk(native, log, path);
		else codeOf(() => unmount(native, path));
	}
}

/**
 * Makes the file system read-only first. It is clean then, even when something else holds it (a mount in the namespace of
 * a container that is gone, a loop device's file) and unmounting this mount would not make it clean.
 */
async function unmountDisk(native: UnmountCalls, log: Log, path: string): Promise<void> {
	let busy: string | null = null;
	for (let left = retries.tries; left > 0; left -= 1) {
		busy = codeOf(() => makeReadOnly(native, path));
		if (busy !== 'EBUSY') break;
		await setTimeout(retries.pauseMs);
	}
	const mounted = codeOf(() => unmount(native, path));
	if (busy === 'EBUSY' || (busy !== null && mounted !== null)) {
		log.warn({ stage: 'shutdown' }, `${path} is still written to: ${busy}`);
	}
	if (mounted !== null) detach(native, path);
}

export function readUnmountPlan(): Unmount[] {
	return planUnmounts(readMountInfo());
}

function unmount(native: Pick<Native, 'umount2' | 'constants'>, path: string): void {
	native.umount2(path, constant(native, 'UMOUNT_NOFOLLOW'));
}

function makeReadOnly(native: Pick<Native, 'mount' | 'constants'>, path: string): void {
	native.mount(null, path, null, flags(native, ['MS_REMOUNT', 'MS_RDONLY']), null);
}

function detach(native: Pick<Native, 'umount2' | 'constants'>, path: string): void {
	// A mount that stays ends with the machine.
	codeOf(() => native.umount2(path, constant(native, 'MNT_DETACH')));
}

/** Returns the code of the error that `action` throws, null when it throws none. */
function codeOf(action: () => void): string | null {
	try {
		action();
		return null;
	} catch (error) {
		return error instanceof Error && 'code' in error ? String(error.code) : String(error);
	}
}
