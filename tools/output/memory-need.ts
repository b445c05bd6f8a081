// How much memory a machine needs for a system whose root is an initramfs: enough for the kernel to unpack the initrd,
// which lies in memory beside what comes of it, and enough for the system to run after that. Pure.
//
// The figures beside the tree's own are rounded so that the sum fits the least memory with which the Redis OS booted
// (Debian's cloud kernel 6.1, amd64; `node test/campaigns/bench/run.ts memory` finds it). What a service itself needs comes on top.

import type { UnpackedSize } from '../../supervisor/contract/initrd-marks.ts';
import { isLimitedToHalf } from './root-type.ts';

const megabyte = 2 ** 20;
/** What the kernel keeps for itself before anything runs. */
const kernelBytes = 56 * megabyte;
/** PID 1, containerd, a few shims and small programs. */
const runningBytes = 96 * megabyte;
/** Inode and directory entry, in the kernel's own memory. */
const entryBytes = 1024;
const stepMegabytes = 8;

export interface SystemSize {
	readonly unpacked: UnpackedSize;
	readonly initrdBytes: number;
	readonly commandLine: string;
}

export function neededMegabytes({ unpacked, initrdBytes, commandLine }: SystemSize): number {
	const treeBytes = unpacked.bytes + unpacked.entries * entryBytes;
	const unpacking = isLimitedToHalf(commandLine)
		? // The half is of what is free when it is mounted: the initrd is not.
			2 * unpacked.bytes + initrdBytes
		: treeBytes + initrdBytes;
	const bytes = kernelBytes + Math.max(unpacking, treeBytes + runningBytes);
	return Math.ceil(bytes / megabyte / stepMegabytes) * stepMegabytes;
}
