// `kernel+initrd`: a kernel, an initramfs of compressed segments, and the kernel's command line.

import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedFile, JoinSource } from '../files/joined.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { imageFile, NoImageFile, noMicrocodeLine } from '../system/kernel-image.ts';
import { systemTree } from '../system/system-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import { systemCommandLine } from './command-line.ts';
import type { OutputFormat, OutputJob } from './format.ts';
import { firstArchive, lastArchive } from './initrd-marks.ts';
import { neededMegabytes, type SystemSize } from './memory-need.ts';
import { type PackedTree, packSegments } from './pack-segments.ts';
import { isLimitedToHalf } from './root-type.ts';

const endings = { kernel: '-kernel', initrd: '-initrd.img', commandLine: '-cmdline' } as const;

export const kernelInitrdFormat: OutputFormat = {
	name: 'kernel+initrd',
	description: 'for boot loaders and "slipway run"',
	endings: [endings.kernel, endings.initrd, endings.commandLine],
	boot: endings,
	async write(job) {
		const { output, files, scratch } = job;
		const kernel = kernelOf(job.plan);
		const { packed, binary, microcode } = await packParts(job, kernel);
		const first = join(scratch, 'first');
		const last = join(scratch, 'last');
		await writeFile(first, await firstArchive());
		await writeFile(last, await lastArchive(packed.size));
		// The kernel looks for microcode at the very start (Documentation/arch/x86/microcode.rst).
		const initrd: JoinSource[] = [...microcode, first, ...packed.archives, last];
		const commandLine = systemCommandLine(kernel?.commandLine ?? '', packed.hasAttributes);
		if (binary !== null) await files.join(`${output}${endings.kernel}`, [binary]);
		await files.join(`${output}${endings.initrd}`, initrd);
		if (kernel !== null) await files.write(`${output}${endings.commandLine}`, text(commandLine));
		const initrdBytes = await sumOfFiles(initrd.map((each) => (typeof each === 'string' ? each : each.path)));
		job.report(memoryLine({ unpacked: packed.size, initrdBytes, commandLine }));
		if (kernel !== null) return Object.values(endings);
		job.report('The configuration names no kernel: only the initrd is written.');
		return [endings.initrd];
	},
};

interface Parts {
	readonly packed: PackedTree;
	/** Is null without a kernel in the configuration. */
	readonly binary: CheckedFile | null;
	/** At most one file. */
	readonly microcode: readonly CheckedFile[];
}

/** Packs the tree while the kernel's own files are read out of its image. */
async function packParts(
	{ plan, blobs, cache, scratch, compressors, report }: OutputJob,
	kernel: Kernel | null,
): Promise<Parts> {
	const fromImage = ({ image }: Kernel, path: string): Promise<CheckedFile> =>
		cache.file(`${image.manifest.digest} ${path}`, `/${path} of ${image.reference}`, () =>
			imageFile(blobs, image, path),
		);
	const microcode = async (): Promise<readonly CheckedFile[]> => {
		if (kernel === null || kernel.ucode === null) return [];
		try {
			return [await fromImage(kernel, kernel.ucode)];
		} catch (error) {
			if (!(error instanceof NoImageFile)) throw error;
			report(noMicrocodeLine(kernel.image, kernel.ucode));
			return [];
		}
	};
	const kernelFile = kernel === null ? null : fromImage(kernel, kernel.binary);
	const microcodeFiles = microcode();
	const packing = packSegments(
		systemTree(plan, blobs),
		cache,
		scratch,
		compressors,
		({ name }, { sizeBytes, cached }, durationMs) => {
			const how = cached ? 'kept from before' : `packed in ${(durationMs / 1000).toFixed(1)} s`;
			report(`${name.padEnd(32)} ${formatSize(sizeBytes).padStart(9)}  ${how}`);
		},
	);
	// After a failure the others still use `scratch`, which the caller removes: wait for all of them.
	await Promise.allSettled([packing, kernelFile, microcodeFiles]);
	return { packed: await packing, binary: await kernelFile, microcode: await microcodeFiles };
}

interface Kernel {
	readonly image: StoredImage;
	/** Paths in the image. */
	readonly binary: string;
	readonly ucode: string | null;
	readonly commandLine: string;
}

function kernelOf(plan: Plan): Kernel | null {
	if (plan.config.kernel === null) return null;
	const { image: name, binary = 'kernel', ucode = null, cmdline = '' } = plan.config.kernel;
	return { image: imageOf(plan, name), binary, ucode, commandLine: cmdline };
}

async function sumOfFiles(paths: readonly string[]): Promise<number> {
	const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
	return sizes.reduce((sum, size) => sum + size, 0);
}

function memoryLine(size: SystemSize): string {
	const limit = isLimitedToHalf(size.commandLine) ? ', which a tmpfs holds in half of the memory' : '';
	return (
		`A machine needs at least ${neededMegabytes(size)} MB of memory, and what its services need: ` +
		`${formatSize(size.unpacked.bytes)} unpacked${limit}.`
	);
}

async function* text(content: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(content);
}
