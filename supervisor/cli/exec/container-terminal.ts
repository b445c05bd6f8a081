// A pseudo terminal of the container's own /dev/pts, so that `tty` in the container names a file that exists.

import { closeSync, constants, fchownSync, fstatSync, openSync } from 'node:fs';
import { constant } from '../../../native/linux/constant.ts';
import type { Native } from '../../../native/native.ts';

export interface ContainerTerminal {
	readonly master: number;
	readonly slave: number;
}

/** The device number of `ptmx`: major 5 and minor 2, as makedev(3) combines them. */
const ptmxDevice = (5 << 8) | 2;

/**
 * Returns two descriptors, which the caller closes; `master` is non-blocking.
 *
 * @param uid - the owner, as seen outside the container
 */
export function openContainerTerminal(
	native: Pick<Native, 'openInRoot' | 'openTerminalPeer' | 'statfs' | 'constants'>,
	rootFd: number,
	uid: number,
): ContainerTerminal {
	const master = openMaster(native, rootFd);
	try {
		const slave = native.openTerminalPeer(master);
		fchownSync(slave, uid, fstatSync(slave).gid);
		return { master, slave };
	} catch (error) {
		closeSync(master);
		throw error;
	}
}

/** Checks the device before it opens it: the container may have put any device there, and an open of some has effects. */
function openMaster(
	native: Pick<Native, 'openInRoot' | 'openTerminalPeer' | 'statfs' | 'constants'>,
	rootFd: number,
): number {
	let fd: number;
	try {
		fd = native.openInRoot(rootFd, 'dev/pts/ptmx', constant(native, 'O_PATH'));
	} catch (cause) {
		throw new Error('It has no /dev/pts for a terminal; -T does without one.', { cause });
	}
	try {
		const path = `/proc/self/fd/${fd}`;
		const isPtmx = fstatSync(fd).isCharacterDevice() && fstatSync(fd).rdev === ptmxDevice;
		if (!isPtmx || native.statfs(path).type !== constant(native, 'DEVPTS_SUPER_MAGIC'))
			throw new Error('Its /dev/pts is not the kernel’s; -T does without a terminal.');
		return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
	} finally {
		closeSync(fd);
	}
}
