// The kernel's numbers in the steps of a container: the host has no addon. They are the same on all processors
// (include/uapi/linux/mount.h, include/uapi/linux/stat.h); a test compares them with the addon's.

import { constants } from 'node:fs';
import type { KernelConstants } from '../../../native/linux/mount-calls.ts';

const bit = (number: number): number => 2 ** number;

export const mountConstants: KernelConstants = {
	MS_RDONLY: bit(0),
	MS_NOSUID: bit(1),
	MS_NODEV: bit(2),
	MS_NOEXEC: bit(3),
	MS_SYNCHRONOUS: bit(4),
	MS_REMOUNT: bit(5),
	MS_MANDLOCK: bit(6),
	MS_DIRSYNC: bit(7),
	MS_NOATIME: bit(10),
	MS_NODIRATIME: bit(11),
	MS_BIND: bit(12),
	MS_REC: bit(14),
	MS_UNBINDABLE: bit(17),
	MS_PRIVATE: bit(18),
	MS_SLAVE: bit(19),
	MS_SHARED: bit(20),
	MS_RELATIME: bit(21),
	MS_STRICTATIME: bit(24),
	S_IFCHR: constants.S_IFCHR,
	S_IFBLK: constants.S_IFBLK,
	S_IFIFO: constants.S_IFIFO,
};
