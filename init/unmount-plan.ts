// What is unmounted at shutdown, in which order and how. Pure; shutdown.ts does it.

import type { MountEntry } from './mount-info.ts';

export interface Unmount {
	readonly path: string;
	/**
	 * `plain`: unmount, else make read-only, else detach, and tell. `quiet`: there is nothing to lose on it, but
	 * it may hold one that has. `detach`: a network file system whose server may be gone would hang us.
	 */
	readonly how: 'plain' | 'quiet' | 'detach';
}

const inMemory: ReadonlySet<string> = new Set([
	...['tmpfs', 'ramfs', 'rootfs', 'proc', 'sysfs', 'devtmpfs', 'devpts', 'mqueue', 'nsfs', 'cgroup2', 'bpf'],
	...[
		'debugfs',
		'tracefs',
		'securityfs',
		'configfs',
		'fusectl',
		'pstore',
		'efivarfs',
		'binfmt_misc',
		'overlay',
	],
	...['selinuxfs', 'hugetlbfs', 'squashfs', 'erofs', 'iso9660'],
]);

const network: ReadonlySet<string> = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', '9p', 'glusterfs']);

/** PID 1 runs from these, or needs them until the power goes. */
const kept: ReadonlySet<string> = new Set(['/', '/proc', '/sys', '/dev', '/run', '/init', '/lib/slipway']);

/** Children before parents: the reverse of mountinfo's order, in which a mount stands after its parent. */
export function planUnmounts(entries: readonly MountEntry[]): Unmount[] {
	return entries
		.filter(({ mountPoint }) => !kept.has(mountPoint) && !/^\/(proc|sys|dev)\//.test(mountPoint))
		.map(({ mountPoint, type }) => ({ path: mountPoint, how: howToUnmount(type) }))
		.reverse();
}

export function howToUnmount(type: string): Unmount['how'] {
	if (network.has(type) || type.startsWith('fuse.')) return 'detach';
	return inMemory.has(type) ? 'quiet' : 'plain';
}
