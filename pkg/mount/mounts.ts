// What is mounted from which device, and whether others see it: /proc/self/mountinfo, proc_pid_mountinfo(5).

import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DeviceFolders } from '../applet/disks/block-devices.ts';

export interface DeviceMount {
	readonly mountPoint: string;
	/** The path of its node. What the kernel calls the source is only what was typed. */
	readonly device: string;
	readonly isShared: boolean;
}

/** Only mounts of block devices, in the kernel's order. */
export function parseMounts(text: string, folders: DeviceFolders): DeviceMount[] {
	return text.split('\n').flatMap((line) => {
		const [before = '', after] = line.split(' - ');
		if (after === undefined) return [];
		const [, , numbers = '', , mountPoint = '', , ...tags] = before.split(' ');
		const device = deviceOf(numbers, after, folders);
		if (device === null) return [];
		return [
			{
				mountPoint: unescapeOctal(mountPoint),
				device,
				isShared: tags.some((tag) => tag.startsWith('shared:')),
			},
		];
	});
}

/** The last one mounted there, which is the one that is seen. */
export function mountAt(mountPoint: string, mounts: readonly DeviceMount[]): DeviceMount | undefined {
	return mounts.findLast((mount) => mount.mountPoint === mountPoint);
}

/** btrfs mounts have a number of no device: there the source's path counts. */
function deviceOf(numbers: string, after: string, folders: DeviceFolders): string | null {
	try {
		return join(folders.dev, basename(readlinkSync(join(folders.sys, 'dev/block', numbers))));
	} catch {
		const [, source = ''] = after.split(' ');
		return source.startsWith(`${folders.dev}/`) ? unescapeOctal(source) : null;
	}
}

/** Blank, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 8)),
	);
}
