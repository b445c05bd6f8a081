// The root of a disk: an image in a partition of its own, and a small initrd with the program that mounts it. The machine
// reads from the disk what it uses, so its memory need not hold the root, and checks it.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotForSquashfs } from '../archive/squashfs/make-part.ts';
import { formatSize } from '../terminal/format-size.ts';
import { checkedWords, packDiskImage, writeCheckedRoot } from './checked-root.ts';
import { type DiskKind, driversOf } from './disk-drivers.ts';
import type { OutputJob } from './format.ts';
import { starterArchive } from './image-initrd.ts';
import { neededForDisk } from './memory-need.ts';
import { type PackedInitrd, packInitrd } from './pack-initrd.ts';
import { withVerity } from './root-type.ts';

/** Packs the root into the initrd when it is asked for there, and when the system can't boot from a partition. */
export async function packDiskRoot(job: OutputJob, disks: readonly DiskKind[]): Promise<PackedInitrd> {
	if (job.root !== 'auto') return await packInitrd(job);
	const packed =
		job.plan.config.kernel === null ? 'the configuration names no kernel' : await pack(job, disks);
	if (typeof packed !== 'string') return packed;
	job.report(`The initrd of the disk holds the root: ${packed}.`);
	return await packInitrd(job);
}

/** Returns why the root can't be in a partition, as a sentence without its end. */
async function pack(job: OutputJob, disks: readonly DiskKind[]): Promise<PackedInitrd | string> {
	const { scratch } = job;
	const needs = { anyOf: driversOf(disks), all: ['squashfs'] };
	try {
		const image = await packDiskImage(job, needs);
		if (typeof image === 'string') return image;
		const root = join(scratch, 'root');
		// An earlier try has left one when a segment of the cache was damaged.
		await rm(root, { force: true });
		const tree = await writeCheckedRoot(image, root);
		const initrd = join(scratch, 'starter');
		await writeFile(initrd, await starterArchive(image.starter));
		return {
			sources: [initrd],
			root: { sources: [root], sizeBytes: image.sizeBytes + (tree?.bytes.length ?? 0) },
			isMended: image.isMended,
			withRoot: (commandLine) => (tree === null ? commandLine : withVerity(commandLine, tree)),
			memoryLine: (initrdBytes) =>
				`A machine needs at least ${neededForDisk(initrdBytes)} MB of memory, and what its services need: ` +
				`the root is a partition of ${formatSize(image.sizeBytes)}, read on demand, ${checkedWords(tree)}.`,
		};
	} catch (error) {
		if (error instanceof NotForSquashfs) return error.reason;
		throw error;
	}
}
