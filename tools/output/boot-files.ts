// The files that boot a system: the kernel, the initrd and the kernel's command line, and the root where a disk has it in a
// partition, as the parts of whatever holds them.

import { type Content, contentOf } from '../files/content.ts';
import { systemCommandLine } from './command-line.ts';
import { contentDigest } from './content-digest.ts';
import type { DiskKind } from './disk-drivers.ts';
import type { OutputJob } from './format.ts';
import { kernelOf, withKernelFiles } from './kernel-files.ts';
import { packDiskRoot } from './pack-disk-root.ts';
import { packInitrd } from './pack-initrd.ts';

export interface BootFiles {
	/** Is null without a kernel in the configuration. */
	readonly kernel: Content | null;
	readonly initrd: Content;
	/** See `PackedInitrd`. */
	readonly root: PartitionRoot | null;
	readonly commandLine: string;
	/** Says how much memory a machine needs. */
	readonly memoryLine: string;
	/** See `RootImage`: after true the files are packed once more. */
	isMended(): boolean;
}

/** The image of a root in a partition. */
export interface PartitionRoot extends Content {
	/** Tells it from other roots of the same size. */
	readonly digest: string;
}

async function packBootFiles(job: OutputJob, disks: readonly DiskKind[]): Promise<BootFiles> {
	const kernel = kernelOf(job.plan);
	const packing = disks.length === 0 ? packInitrd(job) : packDiskRoot(job, disks);
	const { packed, binary, microcode } = await withKernelFiles(job, kernel, packing);
	const commandLine = systemCommandLine(packed.withRoot(kernel?.commandLine ?? ''));
	// An archive that is not compressed begins at a multiple of four bytes; NULs between archives are skipped.
	const padding = Buffer.alloc(-(await contentOf(microcode)).sizeBytes & 3);
	const initrd = await contentOf([...microcode, padding, ...packed.sources]);
	return {
		kernel: binary === null ? null : await contentOf([binary]),
		initrd,
		root: packed.root && { ...packed.root, digest: await contentDigest(packed.root.sources) },
		commandLine,
		memoryLine: packed.memoryLine(initrd.sizeBytes, commandLine),
		isMended: packed.isMended,
	};
}

/**
 * Packs and writes; does both again when files of the store were found damaged while they were copied.
 *
 * @param disks - the disks that a partition with the root may be on; empty for a root in the initrd
 */
export async function writingIntact(
	job: OutputJob,
	write: (boot: BootFiles) => Promise<void>,
	disks: readonly DiskKind[] = [],
): Promise<BootFiles> {
	const boot = await packBootFiles(job, disks);
	await write(boot);
	if (!boot.isMended()) return boot;
	const mended = await packBootFiles(job, disks);
	await write(mended);
	return mended;
}
