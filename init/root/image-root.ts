// A root that is one read-only file system image, in memory or on a disk, as native/first mounts it. It is read on demand,
// and runc can pivot away from it. `slipway.root=` may ask for more:
//
// - rw: an overlay, with a tmpfs for what is written.
// - copy: a tmpfs with all files. PID 1 executes itself from there, so that nothing uses the image any more, and the
//   kernel frees it: its loop device goes with the last mount. A root that does not fit stays where it is.

import { availableMemoryBytes } from '../../native/linux/available-memory.ts';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { isMountPoint, type MountEntry, readMountInfo } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';
import type { BootState } from '../process/boot-state.ts';
import { type CopyCalls, type CopyReport, copyTree } from './copy-tree.ts';
import { moveMounts, moveOverRoot } from './switch-root.ts';
import { treeBytes } from './tree-size.ts';

/** The host makes sure that it exists: nothing can be made on a read-only root. */
const place = '/mnt';
const writable = { upper: `${place}/upper`, work: `${place}/work`, root: `${place}/root` } as const;

const imageTypes: ReadonlySet<string> = new Set(['squashfs', 'erofs', 'iso9660']);

type SwitchCalls = CopyCalls & Pick<Native, 'chdir' | 'chroot' | 'pivotRoot' | 'umount2'>;

/** Returns the mount of `/` when it is an image, null for another root. */
export function imageRoot(entries: readonly MountEntry[]): MountEntry | null {
	const root = entries.findLast(({ mountPoint }) => mountPoint === '/');
	return root !== undefined && imageTypes.has(root.type) ? root : null;
}

/** Idempotent: a crash may come at any time. */
export function makeImageWritable(native: SwitchCalls, state: Pick<BootState, 'newRootMountId'>): void {
	mountOnce(native, place, 'tmpfs', 'mode=755');
	for (const folder of Object.values(writable)) makeFolder(folder);
	const { upper, work, root } = writable;
	mountOnce(native, root, 'overlay', `lowerdir=/,upperdir=${upper},workdir=${work}`);
	state.newRootMountId = mountIdOf(root);
	moveMounts(native, root);
	moveOverRoot(native, root);
}

/** The memory that a copy leaves to PID 1: a full one would end in the kernel's panic, as nothing else could be killed. */
const reserveBytes = 32 * 2 ** 20;

/** The root is larger than the memory that is free for it. */
export interface TooLarge {
	readonly neededBytes: number;
	readonly freeBytes: number;
}

/**
 * Copies the image to a tmpfs, which becomes the root; `leaveImage` must follow. May run again after a crash. A root that does not
 * fit is not copied.
 */
export function copyImage(
	native: SwitchCalls,
	state: Pick<BootState, 'newRootMountId'>,
): CopyReport | TooLarge {
	// A tmpfs takes 0 for no limit.
	const freeBytes = Math.max(availableMemoryBytes() - reserveBytes, 2 ** 20);
	mountOnce(native, place, 'tmpfs', `mode=755,size=${freeBytes}`);
	const never = (): boolean => false;
	let report: CopyReport;
	try {
		report = copyTree(native, {
			from: '/',
			to: place,
			move: false,
			isPinned: never,
			isSkipped: never,
		});
	} catch (error) {
		if (!hasCode(error, 'ENOSPC')) throw error;
		native.umount2(place, constant(native, 'MNT_DETACH'));
		return { neededBytes: treeBytes('/'), freeBytes };
	}
	native.mount(null, place, null, constant(native, 'MS_REMOUNT'), 'size=100%');
	state.newRootMountId = mountIdOf(place);
	moveMounts(native, place);
	// Unlike a move over the old root, this lets the old root be unmounted.
	native.chdir(place);
	native.pivotRoot('.', `.${place}`);
	native.chdir('/');
	return report;
}

/** Unmounts the image below its copy. It stays in use as long as this process runs from it. */
export function leaveImage(
	native: Pick<Native, 'umount2' | 'statfs' | 'execve' | 'constants'>,
	environment: readonly string[],
): void {
	const isBelow = readMountInfo().some(
		({ mountPoint, type }) => mountPoint === place && imageTypes.has(type),
	);
	if (isBelow) native.umount2(place, constant(native, 'MNT_DETACH'));
	if (runsFromImage(native)) native.execve(ownFiles.executable, [ownFiles.executable], environment);
}

function runsFromImage(native: Pick<Native, 'statfs' | 'constants'>): boolean {
	const { type } = native.statfs('/proc/self/exe');
	const magics = ['SQUASHFS_MAGIC', 'EROFS_SUPER_MAGIC_V1', 'ISOFS_SUPER_MAGIC'];
	return magics.some((name) => type === constant(native, name));
}

function mountOnce(
	native: Pick<Native, 'mount' | 'constants'>,
	target: string,
	type: string,
	data: string,
): void {
	if (!isMountPoint(readMountInfo(), target)) native.mount('slipway-root', target, type, 0, data);
}

function mountIdOf(path: string): number | null {
	return readMountInfo().findLast(({ mountPoint }) => mountPoint === path)?.id ?? null;
}
