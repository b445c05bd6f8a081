// `kernel+squashfs`, `kernel+erofs` and `kernel+iso`: a kernel, the root as an image for a disk, a small initrd with the
// program that mounts it, and the kernel's command line. LinuxKit's kernels need no such initrd, as they have all drivers in
// themselves.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { HashTree } from '../media/hash-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import { virtioDiskModules } from './boot-modules.ts';
import { checkedWords, packDiskImage, writeCheckedRoot } from './checked-root.ts';
import { systemCommandLine } from './command-line.ts';
import { writeErofsRoot } from './erofs-root.ts';
import type { BootEndings, OutputFormat, OutputJob } from './format.ts';
import { type Starter, starterArchive } from './image-initrd.ts';
import { isoTools, writeIsoRoot } from './iso-root.ts';
import { kernelOf, withKernelFiles } from './kernel-files.ts';
import type { MediaToolName } from './media-tools.ts';
import { withDiskRoot, withFileSystem, withVerity } from './root-type.ts';

/** A root that is written, with what boots it. */
interface WrittenRoot {
	readonly starter: Starter;
	/** Without the hash tree. */
	readonly sizeBytes: number;
	readonly tree: HashTree | null;
}

interface RootKind {
	readonly name: string;
	/** The kernel's name of the file system. */
	readonly fileSystem: 'squashfs' | 'erofs' | 'iso9660';
	/** What it takes from the host. */
	readonly tools?: readonly MediaToolName[];
	readonly description: string;
	readonly ending: string;
	/** Writes the image to the path. Returns why the system can't boot it, as a sentence without its end. */
	readonly write: (job: OutputJob, path: string) => Promise<WrittenRoot | string>;
}

function rootFormat({ name, fileSystem, tools = [], description, ending, write }: RootKind): OutputFormat {
	const [kernelEnding, initrdEnding, commandLineEnding] = ['-kernel', '-initrd.img', '-cmdline'] as const;
	const boot: BootEndings = {
		kernel: kernelEnding,
		initrd: initrdEnding,
		commandLine: commandLineEnding,
		root: ending,
	};
	return {
		name,
		description,
		endings: [kernelEnding, initrdEnding, ending, commandLineEnding],
		boot,
		tools,
		async write(job) {
			const { plan, scratch, output, files, report } = job;
			const kernel = kernelOf(plan);
			if (kernel === null)
				throw new SlipwayError('BAD_CONFIG', `${name}: the configuration names no kernel.`);
			if (job.root === 'unpacked')
				throw new SlipwayError(
					'BAD_CONFIG',
					`${name} holds the root as an image: leave out --root unpacked.`,
				);
			const rootOf = async (): Promise<WrittenRoot> => {
				const results: (WrittenRoot | string)[] = [];
				await files.make(`${output}${ending}`, async (path) => {
					results.push(await write(job, path));
				});
				const [root] = results;
				if (typeof root === 'object') return root;
				throw new SlipwayError('BAD_CONFIG', `${name}: ${root}.`);
			};
			const { packed: root, binary, microcode } = await withKernelFiles(job, kernel, rootOf());
			const first = join(scratch, 'first');
			await writeFile(first, await starterArchive(root.starter));
			if (binary !== null) await files.join(`${output}${kernelEnding}`, [binary]);
			await files.join(`${output}${initrdEnding}`, [...microcode, first]);
			const withRoot = withFileSystem(withDiskRoot(kernel.commandLine), fileSystem);
			const commandLine = systemCommandLine(root.tree === null ? withRoot : withVerity(withRoot, root.tree));
			await files.write(`${output}${commandLineEnding}`, text(commandLine));
			const words = fileSystem === 'iso9660' ? 'which nothing checks' : checkedWords(root.tree);
			report(`The root is a disk of ${formatSize(root.sizeBytes)}, ${words}.`);
			return this.endings;
		},
	};
}

export const squashfsEnding = '-squashfs.img';
export const erofsEnding = '-erofs.img';

export const kernelSquashfsFormat = rootFormat({
	name: 'kernel+squashfs',
	fileSystem: 'squashfs',
	description: 'with the root on a virtio disk, which "slipway run" attaches',
	ending: squashfsEnding,
	write: writeSquashfsRoot,
});

export const kernelErofsFormat = rootFormat({
	name: 'kernel+erofs',
	fileSystem: 'erofs',
	description: 'the same, not compressed',
	ending: erofsEnding,
	write: writeErofsRoot,
});

export const kernelIsoFormat = rootFormat({
	name: 'kernel+iso',
	fileSystem: 'iso9660',
	tools: isoTools,
	description: 'the same as ISO 9660, neither compressed nor checked',
	ending: '-iso.img',
	write: writeIsoRoot,
});

async function writeSquashfsRoot(job: OutputJob, path: string): Promise<WrittenRoot | string> {
	const needs = { anyOf: [], all: [...virtioDiskModules, 'squashfs'] };
	for (;;) {
		const image = await packDiskImage(job, needs);
		if (typeof image === 'string') return image;
		await rm(path, { force: true });
		const tree = await writeCheckedRoot(image, path);
		// The image has the bytes of segments that were found damaged meanwhile.
		if (!image.isMended()) return { starter: image.starter, sizeBytes: image.sizeBytes, tree };
	}
}

async function* text(content: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(content);
}
