// The memory of a container of `service run`: a tmpfs of a bounded size, for the unpacked image and what the container writes. It is mounted
// nowhere but for the moment in which the container starts, so it goes with the last process that has it, whatever ends that.

import { closeSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { availableMemoryBytes } from '../../../native/linux/available-memory.ts';
import { constant, flags } from '../../../native/linux/constant.ts';
import { makeFolder } from '../../../native/linux/make-folder.ts';
import type { Native } from '../../../native/native.ts';

export type MemoryNative = Pick<
	Native,
	'fsopen' | 'fsconfig' | 'fsmount' | 'moveMount' | 'umount2' | 'constants'
>;

export interface ImageMemory {
	readonly sizeBytes: number;
	/** A directory, open. */
	readonly fd: number;
	/** A path that leads into it, in this process. */
	path(name: string): string;
	/** Is mounted on `place` while `use` runs. */
	mounted<T>(place: string, use: () => T): T;
	close(): void;
}

/** 0 would be no limit (tmpfs(5)). */
const leastBytes = 2 ** 20;

/** Half of the memory that is free: the image must not starve the services. */
export function imageMemoryBytes(memoryInfo: string): number {
	return Math.max(Math.floor(availableMemoryBytes(memoryInfo) / 2048) * 1024, leastBytes);
}

export function openImageMemory(
	native: MemoryNative,
	sizeBytes = imageMemoryBytes(readFileSync('/proc/meminfo', 'utf8')),
): ImageMemory {
	const fd = mountNowhere(native, sizeBytes);
	const path = (name: string): string => `/proc/self/fd/${fd}/${name}`;
	for (const name of ['image', 'upper', 'work', 'root']) mkdirSync(path(name), 0o755);
	return {
		sizeBytes,
		fd,
		path,
		mounted(place, use) {
			makeFolder(dirname(place));
			mkdirSync(place, 0o700);
			try {
				native.moveMount(fd, place);
				try {
					return use();
				} finally {
					native.umount2(place, constant(native, 'MNT_DETACH'));
				}
			} finally {
				rmdirSync(place);
			}
		},
		close: () => closeSync(fd),
	};
}

function mountNowhere(native: MemoryNative, sizeBytes: number): number {
	const context = native.fsopen('tmpfs');
	try {
		const set = constant(native, 'FSCONFIG_SET_STRING');
		native.fsconfig(context, set, 'size', String(sizeBytes));
		native.fsconfig(context, set, 'mode', '0755');
		native.fsconfig(context, constant(native, 'FSCONFIG_CMD_CREATE'), null, null);
		return native.fsmount(context, flags(native, ['MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV']));
	} finally {
		closeSync(context);
	}
}
