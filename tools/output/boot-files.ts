// The files that boot a system in the memory: the kernel, the initrd and the kernel's command line, as the parts of whatever
// holds them.

import { type Content, contentOf } from '../files/content.ts';
import { systemCommandLine } from './command-line.ts';
import type { OutputJob } from './format.ts';
import { kernelOf, withKernelFiles } from './kernel-files.ts';
import { packInitrd } from './pack-initrd.ts';

export interface BootFiles {
	/** Is null without a kernel in the configuration. */
	readonly kernel: Content | null;
	readonly initrd: Content;
	readonly commandLine: string;
	/** Says how much memory a machine needs. */
	readonly memoryLine: string;
	/** See `RootImage`: after true the files are packed once more. */
	isMended(): boolean;
}

async function packBootFiles(job: OutputJob): Promise<BootFiles> {
	const kernel = kernelOf(job.plan);
	const { packed, binary, microcode } = await withKernelFiles(job, kernel, packInitrd(job));
	const commandLine = systemCommandLine(packed.withRoot(kernel?.commandLine ?? ''));
	// An archive that is not compressed begins at a multiple of four bytes; NULs between archives are skipped.
	const padding = Buffer.alloc(-(await contentOf(microcode)).sizeBytes & 3);
	const initrd = await contentOf([...microcode, padding, ...packed.sources]);
	return {
		kernel: binary === null ? null : await contentOf([binary]),
		initrd,
		commandLine,
		memoryLine: packed.memoryLine(initrd.sizeBytes, commandLine),
		isMended: packed.isMended,
	};
}

/** Packs and writes; does both again when files of the store were found damaged while they were copied. */
export async function writingIntact(
	job: OutputJob,
	write: (boot: BootFiles) => Promise<void>,
): Promise<BootFiles> {
	const boot = await packBootFiles(job);
	await write(boot);
	if (!boot.isMended()) return boot;
	const mended = await packBootFiles(job);
	await write(mended);
	return mended;
}
