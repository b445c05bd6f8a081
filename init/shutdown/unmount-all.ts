// Unmounts everything at shutdown, so that no file system is left dirty.

import { setTimeout } from 'node:timers/promises';
import { constant, flags } from '../../native/linux/constant.ts';
import { readMountInfo } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/context/log.ts';
import { planUnmounts, type Unmount } from './unmount-plan.ts';

type UnmountCalls = Pick<Native, 'mount' | 'umount2' | 'constants'>;

/** The kernel lets go of a file on a disk a moment after its last user has gone: a loop device that was swapped to. */
const patience = { tries: 100, pauseMs: 20 } as const;

/**
 * In the plan's order.
 *
 * @param ownsDisks - they are nobody else's too, as those of the machine around a namespace would be
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
 * Read-only first: the file system is clean then, also where something that we can't see holds it (a mount of a container
 * that is gone, by a loop device's file), and unmounting our mount of it would change nothing.
 */
async function unmountDisk(native: UnmountCalls, log: Log, path: string): Promise<void> {
	let busy: string | null = null;
	for (let left = patience.tries; left > 0; left -= 1) {
		busy = codeOf(() => makeReadOnly(native, path));
		if (busy !== 'EBUSY') break;
		await setTimeout(patience.pauseMs);
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
	// What fails is gone with the machine.
	codeOf(() => native.umount2(path, constant(native, 'MNT_DETACH')));
}

/** Null when all went well. */
function codeOf(action: () => void): string | null {
	try {
		action();
		return null;
	} catch (error) {
		return error instanceof Error && 'code' in error ? String(error.code) : String(error);
	}
}
