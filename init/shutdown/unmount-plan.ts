// Plans which file systems are unmounted at shutdown, in which order and how. Pure: unmount-all.ts acts.

import type { MountEntry } from '../../native/linux/mountinfo.ts';
import { ownFiles } from '../../supervisor/contract/layout.ts';

export interface Unmount {
	readonly path: string;
	/**
	 * - `plain`: make read-only, unmount, else detach and log.
	 * - `quiet`: it has nothing to lose, but may hold a file system that has.
	 * - `detach`: a network file system, whose unmount hangs when its server is gone.
	 */
	readonly how: 'plain' | 'quiet' | 'detach';
}

/** Types of file systems that no disk holds, or that are read-only by nature. */
const inMemory: ReadonlySet<string> = new Set(
	(
		'tmpfs ramfs rootfs proc sysfs devtmpfs devpts mqueue nsfs cgroup2 bpf debugfs tracefs securityfs configfs ' +
		'fusectl pstore efivarfs binfmt_misc overlay selinuxfs hugetlbfs squashfs erofs iso9660'
	).split(' '),
);

const network: ReadonlySet<string> = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', '9p', 'glusterfs']);

/** PID 1 runs from these, or needs them until the end. */
const kept: ReadonlySet<string> = new Set([
	'/',
	'/proc',
	'/sys',
	'/dev',
	'/run',
	ownFiles.executable,
	ownFiles.libraries,
]);

/**
 * Returns the last mount first, because it may use an earlier one in other ways than by its place (an overlay its layers,
 * a loop device its file). Children come before parents in any case, also when a parent was moved or mounted later.
 */
export function planUnmounts(entries: readonly MountEntry[]): Unmount[] {
	return childrenFirst(entries.toReversed())
		.filter(({ mountPoint }) => !kept.has(mountPoint) && !/^\/(proc|sys|dev)\//.test(mountPoint))
		.map(({ mountPoint, type }) => ({ path: mountPoint, how: howToUnmount(type) }));
}

function childrenFirst(entries: readonly MountEntry[]): readonly MountEntry[] {
	const ordered = new Set<MountEntry>();
	const visited = new Set<MountEntry>();
	const visit = (entry: MountEntry): void => {
		// The root may be its own parent.
		if (visited.has(entry)) return;
		visited.add(entry);
		for (const child of entries) if (child.parentId === entry.id) visit(child);
		ordered.add(entry);
	};
	for (const entry of entries) visit(entry);
	return [...ordered];
}

function howToUnmount(type: string): Unmount['how'] {
	if (network.has(type) || type.startsWith('fuse.')) return 'detach';
	return inMemory.has(type) ? 'quiet' : 'plain';
}
