// A root on a disk under dm-verity: the hash tree lies behind the image, and the kernel's command line has its root hash
// (native/first/verity.c). Without the kernel's dm_verity there is no tree, and nothing checks the root.

import { createReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { SquashCompressor } from '../archive/squashfs/superblock.ts';
import { type JoinSource, joinFiles } from '../files/joined.ts';
import { type HashTree, makeHashTree } from '../media/hash-tree.ts';
import { systemTree } from '../system/system-tree.ts';
import type { ModuleNeeds } from './boot-modules.ts';
import type { OutputJob } from './format.ts';
import { findStarter, type Starter } from './image-initrd.ts';
import { reportingPacked } from './packing-line.ts';
import { packRootImage, type RootImage, type RootTree } from './root-image.ts';
import { rootSettings } from './root-settings.ts';

export interface DiskStarter extends Starter {
	/** The modules have dm_verity. */
	readonly canVerify: boolean;
}

/** Says whether the root is checked, as the end of a sentence about it. */
export const checkedWords = (tree: HashTree | null): string =>
	tree === null
		? 'which nothing checks, as the kernel has no dm_verity'
		: 'whose blocks the kernel checks as it reads them (dm-verity)';

const readBytes = 1024 * 1024;

/** Packs the system as one squashfs image that a disk holds. Returns why it can't be booted as a sentence without its end. */
export async function packDiskImage(
	{ plan, blobs, cache, scratch, compression, report }: OutputJob,
	needs: ModuleNeeds,
): Promise<(RootImage & { readonly starter: DiskStarter }) | string> {
	const settings = rootSettings[compression];
	return await packRootImage(systemTree(plan, blobs), {
		cache,
		scratch,
		settings,
		onPacked: reportingPacked(report),
		findStarter: async (tree) => await findDiskStarter(tree, needs, settings.compressor),
	});
}

/** Returns why the root can't be booted from a disk, as a sentence without its end. */
export async function findDiskStarter(
	tree: RootTree,
	needs: ModuleNeeds,
	compressor: SquashCompressor | null,
): Promise<DiskStarter | string> {
	const verifying = await findStarter(tree, { ...needs, all: ['dm_verity', ...needs.all] }, compressor);
	if (typeof verifying !== 'string') return { ...verifying, canVerify: true };
	const plain = await findStarter(tree, needs, compressor);
	return typeof plain === 'string' ? plain : { ...plain, canVerify: false };
}

/** Writes the image and its hash tree, which is returned; null when the system can't use one. */
export async function writeCheckedRoot(
	image: { readonly sources: readonly JoinSource[]; readonly starter: DiskStarter },
	path: string,
): Promise<HashTree | null> {
	await joinFiles(image.sources, path);
	return await appendHashTree(path, image.starter);
}

/** Writes the hash tree of an image behind it and returns it; null when the system can't use one. */
export async function appendHashTree(path: string, { canVerify }: DiskStarter): Promise<HashTree | null> {
	if (!canVerify) return null;
	// The hash covers the bytes that the machine gets.
	const tree = await makeHashTree(createReadStream(path, { highWaterMark: readBytes }));
	await appendFile(path, tree.bytes);
	return tree;
}
