// The table of the system's file systems, in order: LinuxKit's (its `rc.init`), with cgroup v2 only.

import { guestPaths } from '../../supervisor/contract/layout.ts';

export interface MountRow {
	readonly source: string;
	readonly target: string;
	readonly type: string;
	/** Names of mount(2)'s flags, without `MS_`. */
	readonly flags: readonly string[];
	readonly data: string | null;
	/**
	 * - `ground`: the log, the event port, the state and the crash guard need it before anything else.
	 * - `always`: a failure is logged.
	 * - `optional`: a kernel may lack it.
	 */
	readonly need: 'ground' | 'always' | 'optional';
	/** The mode of the mount point, when it has to be created. */
	readonly mode?: number;
	/** Used when the kernel does not have `type`. */
	readonly fallbackType?: string;
}

const plain = ['NOSUID', 'NODEV', 'NOEXEC'] as const;
const memory = [...plain, 'RELATIME'] as const;

export const mountTable: readonly MountRow[] = [
	row('ground', 'proc', '/proc', 'proc', memory, null, { mode: 0o555 }),
	row('ground', 'tmpfs', '/run', 'tmpfs', memory, 'size=10%,mode=755'),
	row('ground', 'dev', '/dev', 'devtmpfs', ['NOSUID', 'NOEXEC', 'RELATIME'], 'mode=755', {
		fallbackType: 'tmpfs',
	}),
	row('ground', 'sysfs', '/sys', 'sysfs', plain, null, { mode: 0o555 }),
	row('always', 'tmpfs', '/tmp', 'tmpfs', memory, 'size=10%,mode=1777', { mode: 0o1777 }),
	row('optional', 'mqueue', '/dev/mqueue', 'mqueue', plain, null, { mode: 0o1777 }),
	row('always', 'shm', '/dev/shm', 'tmpfs', plain, 'mode=1777', { mode: 0o1777 }),
	row('always', 'devpts', '/dev/pts', 'devpts', ['NOSUID', 'NOEXEC'], 'gid=5,mode=0620,ptmxmode=0666'),
	row('optional', 'securityfs', '/sys/kernel/security', 'securityfs', plain, null),
	row('optional', 'debugfs', '/sys/kernel/debug', 'debugfs', plain, null),
	row('optional', 'tracefs', '/sys/kernel/tracing', 'tracefs', plain, null),
	row('optional', 'configfs', '/sys/kernel/config', 'configfs', plain, null),
	row('optional', 'fusectl', '/sys/fs/fuse/connections', 'fusectl', plain, null),
	row('optional', 'selinuxfs', '/sys/fs/selinux', 'selinuxfs', ['NOSUID', 'NOEXEC'], null),
	row('optional', 'pstore', '/sys/fs/pstore', 'pstore', plain, null),
	row('optional', 'bpffs', '/sys/fs/bpf', 'bpf', ['NODEV'], null),
	row('optional', 'efivarfs', '/sys/firmware/efi/efivars', 'efivarfs', plain, null),
	row('optional', 'binfmt_misc', '/proc/sys/fs/binfmt_misc', 'binfmt_misc', plain, null),
	row('always', 'cgroup2', guestPaths.cgroup, 'cgroup2', plain, null),
];

/** Not in the table, because /var gets the image's files first (var.ts). */
export const varRow: MountRow = row('always', 'tmpfs', '/var', 'tmpfs', memory, 'size=50%,mode=755');

/** The folders that LinuxKit's init makes in /var when the image has none. */
export const varFolders: readonly (readonly [path: string, mode: number])[] = [
	['/var/cache', 0o755],
	['/var/empty', 0o555],
	['/var/lib', 0o755],
	['/var/local', 0o755],
	['/var/lock', 0o755],
	[guestPaths.log, 0o755],
	['/var/opt', 0o755],
	['/var/spool', 0o755],
	['/var/tmp', 0o1777],
];

function row(
	need: MountRow['need'],
	source: string,
	target: string,
	type: string,
	flags: readonly string[],
	data: string | null,
	more: { readonly mode?: number; readonly fallbackType?: string } = {},
): MountRow {
	return { need, source, target, type, flags, data, ...more };
}
