// The root of an initrd: one image that is read on demand (image-initrd.ts), or compressed archives that the kernel unpacks into
// the memory.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotForSquashfs } from '../archive/squashfs/make-part.ts';
import { SlipwayError } from '../errors.ts';
import type { Content } from '../files/content.ts';
import type { JoinSource } from '../files/joined.ts';
import { systemTree } from '../system/system-tree.ts';
import { formatSize } from '../terminal/format-size.ts';
import { imageModules } from './boot-modules.ts';
import type { OutputJob } from './format.ts';
import { findStarter, imageArchives } from './image-initrd.ts';
import { firstArchive, lastArchive } from './initrd-marks.ts';
import { neededForImage, neededMegabytes } from './memory-need.ts';
import { packSegments } from './pack-segments.ts';
import { reportingPacked } from './packing-line.ts';
import { packRootImage } from './root-image.ts';
import { rootSettings } from './root-settings.ts';
import { isLimitedToHalf, withImageRoot, withRootType } from './root-type.ts';

export interface PackedInitrd {
	readonly sources: readonly JoinSource[];
	/** The image of the root that the initrd mounts from a partition; null when the initrd has the root itself. */
	readonly root: Content | null;
	/** See `RootImage`. */
	isMended(): boolean;
	/** Adds the words about the root to the kernel's command line. */
	withRoot(commandLine: string): string;
	memoryLine(initrdBytes: number, commandLine: string): string;
}

export async function packInitrd(job: OutputJob): Promise<PackedInitrd> {
	if (job.root === 'unpacked') return await packArchives(job);
	const image = job.plan.config.kernel === null ? 'the configuration names no kernel' : await packImage(job);
	if (typeof image !== 'string') return image;
	if (job.root === 'squashfs')
		throw new SlipwayError('BAD_CONFIG', `--root squashfs: ${image}. Use --root unpacked.`);
	job.report(`The root is unpacked into the memory at boot: ${image}.`);
	return await packArchives(job);
}

/** Returns why the root can't be an image, as a sentence without its end. */
async function packImage(job: OutputJob): Promise<PackedInitrd | string> {
	const { plan, blobs, cache, scratch, compression, report } = job;
	const settings = rootSettings[compression];
	try {
		const image = await packRootImage(systemTree(plan, blobs), {
			cache,
			scratch,
			settings,
			onPacked: reportingPacked(report),
			findStarter: async (tree) => await findStarter(tree, imageModules, settings.compressor),
		});
		if (typeof image === 'string') return image;
		return {
			sources: await imageArchives(image.starter, image, scratch),
			root: null,
			isMended: image.isMended,
			withRoot: withImageRoot,
			memoryLine: (initrdBytes) =>
				`A machine needs at least ${neededForImage({ imageBytes: image.sizeBytes, initrdBytes })} MB of memory, ` +
				`and what its services need: ${formatSize(image.sizeBytes)} for the root.`,
		};
	} catch (error) {
		if (error instanceof NotForSquashfs) return error.reason;
		throw error;
	}
}

async function packArchives({
	plan,
	blobs,
	cache,
	scratch,
	compressors,
	report,
}: OutputJob): Promise<PackedInitrd> {
	const tree = systemTree(plan, blobs);
	const packed = await packSegments(tree, cache, scratch, compressors, reportingPacked(report));
	const [first, last] = [join(scratch, 'first'), join(scratch, 'last')];
	await writeFile(first, await firstArchive());
	await writeFile(last, await lastArchive(packed.size));
	return {
		sources: [first, ...packed.archives, last],
		root: null,
		isMended: () => false,
		withRoot: (commandLine) => withRootType(commandLine, packed.hasAttributes),
		memoryLine(initrdBytes, commandLine) {
			const needed = neededMegabytes({ unpacked: packed.size, initrdBytes, commandLine });
			const limit = isLimitedToHalf(commandLine) ? ', which a tmpfs holds in half of the memory' : '';
			return (
				`A machine needs at least ${needed} MB of memory, and what its services need: ` +
				`${formatSize(packed.size.bytes)} unpacked${limit}.`
			);
		},
	};
}
