// `kernel+initrd`: a kernel, an initramfs of compressed segments, and the kernel's command line.

import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { CheckedFile, JoinSource } from '../files/joined.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { Plan } from '../resolve/plan.ts';
import { imageFile } from '../system/kernel-image.ts';
import { systemTree } from '../system/system-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { OutputFormat, OutputJob } from './format.ts';
import { firstArchive, lastArchive } from './initrd-marks.ts';
import { neededMegabytes, type SystemSize } from './memory-need.ts';
import { type PackedTree, packSegments } from './pack-segments.ts';
import { isLimitedToHalf, withRootType } from './root-type.ts';

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
		const commandLine = withRootType(kernel.commandLine, packed.hasAttributes);
		await files.join(`${output}${endings.kernel}`, [binary]);
		await files.join(`${output}${endings.initrd}`, initrd);
		await files.write(`${output}${endings.commandLine}`, text(commandLine));
		const initrdBytes = await sumOfFiles(initrd.map((each) => (typeof each === 'string' ? each : each.path)));
		job.report(memoryLine({ unpacked: packed.size, initrdBytes, commandLine }));
	},
};

interface Parts {
	readonly packed: PackedTree;
	/** The kernel and, at most once, the microcode. */
	readonly binary: CheckedFile;
	readonly microcode: readonly CheckedFile[];
}

/** Packs the tree while the kernel's own files are read out of its image. */
async function packParts(
	{ plan, blobs, cache, scratch, compressors, report }: OutputJob,
	{ image, binary, ucode }: Kernel,
): Promise<Parts> {
	const fromImage = (path: string): Promise<CheckedFile> =>
		cache.file(`${image.manifest.digest} ${path}`, `/${path} of ${image.reference}`, () =>
			imageFile(blobs, image, path),
		);
	const kernelFile = fromImage(binary);
	const microcodeFiles = (ucode === null ? [] : [ucode]).map(fromImage);
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
	await Promise.allSettled([packing, kernelFile, ...microcodeFiles]);
	return { packed: await packing, binary: await kernelFile, microcode: await Promise.all(microcodeFiles) };
}

interface Kernel {
	readonly image: StoredImage;
	/** Paths in the image. */
	readonly binary: string;
	readonly ucode: string | null;
	readonly commandLine: string;
}

function kernelOf({ config, images }: Plan): Kernel {
	const image = config.kernel === null ? undefined : images.get(config.kernel.image);
	if (config.kernel === null || image === undefined) {
		throw new SlipwayError(
			'BAD_CONFIG',
			'The configuration names no kernel. Add "kernel:" with an image, or use --format tar.',
		);
	}
	const { binary = 'kernel', ucode = null, cmdline = '' } = config.kernel;
	return { image, binary, ucode, commandLine: cmdline };
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
