// Reports whether a folder lies in memory: an initramfs is a ramfs or a tmpfs, and so is the root made from it.

import { constant } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';

export function isInMemory(native: Pick<Native, 'statfs' | 'constants'>, path: string): boolean {
	const { type } = native.statfs(path);
	return type === constant(native, 'TMPFS_MAGIC') || type === constant(native, 'RAMFS_MAGIC');
}
