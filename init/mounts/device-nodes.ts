// Makes the nodes and links that every /dev has (the kernel's Documentation/admin-guide/devices.rst). A devtmpfs has the
// nodes already; a tmpfs, or a kernel without their drivers, has not.

import { symlinkSync } from 'node:fs';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';

interface DeviceNode {
	readonly path: string;
	readonly mode: number;
	readonly major: number;
	readonly minor: number;
}

const deviceNodes: readonly DeviceNode[] = [
	{ path: '/dev/console', mode: 0o600, major: 5, minor: 1 },
	{ path: '/dev/tty1', mode: 0o620, major: 4, minor: 1 },
	{ path: '/dev/tty', mode: 0o666, major: 5, minor: 0 },
	{ path: '/dev/ptmx', mode: 0o666, major: 5, minor: 2 },
	{ path: '/dev/null', mode: 0o666, major: 1, minor: 3 },
	{ path: '/dev/zero', mode: 0o666, major: 1, minor: 5 },
	{ path: '/dev/full', mode: 0o666, major: 1, minor: 7 },
	{ path: '/dev/random', mode: 0o666, major: 1, minor: 8 },
	{ path: '/dev/urandom', mode: 0o666, major: 1, minor: 9 },
	{ path: '/dev/kmsg', mode: 0o660, major: 1, minor: 11 },
];

const deviceLinks: readonly (readonly [path: string, target: string])[] = [
	['/dev/fd', '/proc/self/fd'],
	['/dev/stdin', '/proc/self/fd/0'],
	['/dev/stdout', '/proc/self/fd/1'],
	['/dev/stderr', '/proc/self/fd/2'],
	['/dev/kcore', '/proc/kcore'],
];

/** Needs a umask of 0. Leaves existing files as they are. */
export function makeDeviceNodes(native: Pick<Native, 'mknod' | 'constants'>): void {
	for (const node of deviceNodes) {
		const mode = constant(native, 'S_IFCHR') | node.mode;
		ifAbsent(() => native.mknod(node.path, mode, node.major, node.minor));
	}
	for (const [path, target] of deviceLinks) ifAbsent(() => symlinkSync(target, path));
}

function ifAbsent(make: () => void): void {
	try {
		make();
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
	}
}
