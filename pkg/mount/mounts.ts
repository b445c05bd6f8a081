// The mounts of block devices, with their devices.

import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MountEntry } from '../../native/linux/mountinfo.ts';
import type { DeviceFolders } from '../applet/disks/block-devices.ts';

export interface DeviceMount {
	readonly mountPoint: string;
	/** The path of its device node. The kernel's source is only what the caller of mount(2) wrote. */
	readonly device: string;
	readonly isShared: boolean;
}

/** Returns the mounts of block devices only, in the kernel's order. */
export function deviceMounts(entries: readonly MountEntry[], folders: DeviceFolders): DeviceMount[] {
	return entries.flatMap((entry) => {
		const device = deviceOf(entry, folders);
		return device === null ? [] : [{ mountPoint: entry.mountPoint, device, isShared: entry.isShared }];
	});
}

/** Returns the last mount on the path, which hides the ones before it. */
export function mountAt(mountPoint: string, mounts: readonly DeviceMount[]): DeviceMount | undefined {
	return mounts.findLast((mount) => mount.mountPoint === mountPoint);
}

/** Returns the source's path where the number is of no device, as with btrfs. */
function deviceOf({ deviceNumbers, source }: MountEntry, folders: DeviceFolders): string | null {
	try {
		return join(folders.dev, basename(readlinkSync(join(folders.sys, 'dev/block', deviceNumbers))));
	} catch {
		return source.startsWith(`${folders.dev}/`) ? source : null;
	}
}
