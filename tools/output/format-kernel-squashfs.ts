// `kernel+squashfs`: a kernel, the root as an image for a disk, a small initrd with the program that mounts it, and the
// kernel's command line. LinuxKit's kernels need no such initrd, as they have all drivers in themselves.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { StagedFiles } from '../files/replace-file.ts';
import type { HashTree } from '../media/hash-tree.ts';
import { systemTree } from '../system/system-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import { virtioDiskModules } from './boot-modules.ts';
import { checkedWords, type DiskStarter, findDiskStarter, writeCheckedRoot } from './checked-root.ts';
import { systemCommandLine } from './command-line.ts';
import type { OutputFormat } from './format.ts';
import { starterArchive } from './image-initrd.ts';
import { kernelOf, withKernelFiles } from './kernel-files.ts';
import { reportingPacked } from './packing-line.ts';
import { packRootImage, type RootImage } from './root-image.ts';
import { rootSettings } from './root-settings.ts';
import { withDiskRoot, withVerity } from './root-type.ts';

const endings = {
	kernel: '-kernel',
	initrd: '-initrd.img',
	root: '-squashfs.img',
	commandLine: '-cmdline',
} as const;

export const kernelSquashfsFormat: OutputFormat = {
	name: 'kernel+squashfs',
	description: 'with the root on a virtio disk, which "slipway run" attaches',
	endings: [endings.kernel, endings.initrd, endings.root, endings.commandLine],
	boot: endings,
	async write(job) {
		const { plan, blobs, cache, scratch, output, files, compression, report } = job;
		const kernel = kernelOf(plan);
		if (kernel === null)
			throw new SlipwayError('BAD_CONFIG', 'kernel+squashfs: the configuration names no kernel.');
		if (job.root === 'unpacked')
			throw new SlipwayError(
				'BAD_CONFIG',
				'kernel+squashfs holds the root as an image: leave out --root unpacked.',
			);
		const settings = rootSettings[compression];
		const pack = async () => {
			const image = await packRootImage(systemTree(plan, blobs), {
				cache,
				scratch,
				settings,
				onPacked: reportingPacked(report),
				findStarter: async (tree) => await findDiskStarter(tree, virtioDiskModules, settings.compressor),
			});
			if (typeof image !== 'string') return image;
			throw new SlipwayError('BAD_CONFIG', `kernel+squashfs: ${image}.`);
		};
		const rootPath = `${output}${endings.root}`;
		const { packed, binary, microcode } = await withKernelFiles(job, kernel, pack());
		let image = packed;
		let tree = await writeRoot(files, rootPath, image);
		if (packed.isMended()) {
			image = await pack();
			tree = await writeRoot(files, rootPath, image);
		}
		const first = join(scratch, 'first');
		await writeFile(first, await starterArchive(image.starter));
		if (binary !== null) await files.join(`${output}${endings.kernel}`, [binary]);
		await files.join(`${output}${endings.initrd}`, [...microcode, first]);
		const withRoot = withDiskRoot(kernel.commandLine);
		const commandLine = systemCommandLine(tree === null ? withRoot : withVerity(withRoot, tree));
		await files.write(`${output}${endings.commandLine}`, text(commandLine));
		report(`The root is a disk of ${formatSize(image.sizeBytes)}, ${checkedWords(tree)}.`);
		return Object.values(endings);
	},
};

/** Writes the image and its hash tree, which is returned; null when the system can't use one. */
async function writeRoot(
	files: StagedFiles,
	path: string,
	image: RootImage & { readonly starter: DiskStarter },
): Promise<HashTree | null> {
	let tree: HashTree | null = null;
	await files.make(path, async (target) => {
		tree = await writeCheckedRoot(image, target);
	});
	return tree;
}

async function* text(content: string): AsyncGenerator<Uint8Array, void> {
	yield Buffer.from(content);
}
