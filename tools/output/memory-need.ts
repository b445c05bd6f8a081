// The memory that a machine needs for a system whose root is an initramfs: enough for the kernel to hold the initrd and
// the unpacked tree at once, and enough for the system to run after that. Pure.
//
// The figures beside the tree's own are rounded so that the sum fits the least memory with which the Redis OS booted
// (Debian's cloud kernel 6.1, amd64; `node test/campaigns/bench/run.ts memory` finds it). The memory of the services themselves is added to it.

import type { UnpackedSize } from '../../supervisor/contract/unpacking-files.ts';
import { isLimitedToHalf } from './root-type.ts';

const megabyte = 2 ** 20;
/** The kernel's own memory before anything runs. */
const kernelBytes = 56 * megabyte;
/** PID 1, containerd, a few shims and small programs. */
const runningBytes = 96 * megabyte;
/**
 * The memory that the kernel keeps free while it unpacks an image, beside the archive and the image: the Redis OS (98 MB) boots with
 * 264 MB, and is deadlocked with 256.
 */
const unpackingBytes = 16 * megabyte;
/** The inode and the directory entry in the kernel's memory. */
const entryBytes = 1024;
const stepMegabytes = 8;

export interface ImageSize {
	readonly imageBytes: number;
	readonly initrdBytes: number;
}

/** For a root image in the initrd: the kernel holds both while it unpacks the one to the other. */
export function neededForImage({ imageBytes, initrdBytes }: ImageSize): number {
	return inSteps(kernelBytes + imageBytes + Math.max(initrdBytes + unpackingBytes, runningBytes));
}

/** For a root image on a disk: the kernel holds the small initrd while it unpacks it, and later pages of the root that it can drop. */
export function neededForDisk(initrdBytes: number): number {
	return inSteps(kernelBytes + 2 * initrdBytes + runningBytes);
}

export interface SystemSize {
	readonly unpacked: UnpackedSize;
	readonly initrdBytes: number;
	readonly commandLine: string;
}

export function neededMegabytes({ unpacked, initrdBytes, commandLine }: SystemSize): number {
	const treeBytes = unpacked.bytes + unpacked.entries * entryBytes;
	const unpacking = isLimitedToHalf(commandLine)
		? // A tmpfs takes half of the memory that is free when it is mounted; the initrd is not free then.
			2 * unpacked.bytes + initrdBytes
		: treeBytes + initrdBytes;
	return inSteps(kernelBytes + Math.max(unpacking, treeBytes + runningBytes));
}

function inSteps(bytes: number): number {
	return Math.ceil(bytes / megabyte / stepMegabytes) * stepMegabytes;
}
