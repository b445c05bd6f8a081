// Makes another mount the root of PID 1, with all that is mounted on the present one.
//
// PID 1 must do the chroot itself: the kernel's threads, which run /sbin/modprobe, share its root (CLONE_FS).

import { constant } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type MountEntry, readMountInfo, rootMountId } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';

/** Moves the mounts of the present root to their places on the new one. */
export function moveMounts(native: Pick<Native, 'mount' | 'constants'>, newRoot: string): void {
	for (const path of mountsToMove(readMountInfo(), newRoot)) {
		makeFolder(newRoot + path);
		native.mount(path, newRoot + path, null, constant(native, 'MS_MOVE'), null);
	}
}

/** Lays the new root over the present one, which stays mounted below it. */
export function moveOverRoot(
	native: Pick<Native, 'mount' | 'chdir' | 'chroot' | 'constants'>,
	newRoot: string,
): void {
	native.chdir(newRoot);
	native.mount('.', '/', null, constant(native, 'MS_MOVE'), null);
	native.chroot('.');
	native.chdir('/');
}

/** Returns the mounts directly on the old root, which move to the new one; /proc last, because the crash guard needs it. */
export function mountsToMove(entries: readonly MountEntry[], newRoot: string): string[] {
	const root = rootMountId(entries);
	const paths = entries
		.filter((entry) => entry.parentId === root && entry.mountPoint !== '/')
		.map((entry) => entry.mountPoint)
		.filter((path) => !isWithin(path, newRoot) && !isWithin(newRoot, path));
	return [...paths.filter((path) => path !== '/proc'), ...paths.filter((path) => path === '/proc')];
}

function isWithin(path: string, folder: string): boolean {
	return path === folder || path.startsWith(`${folder}/`);
}
