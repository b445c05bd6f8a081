// The root as an ISO 9660 file system with Rock Ridge for a disk. The tree is packed as a squashfs, whose segments are kept from build to build;
// its files go through the distribution's programs. fakeroot stands in for root, so owners and devices are those of the tree, and the same
// system gives the same bytes whoever builds it.

import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectoryInode } from '../archive/squashfs/inode.ts';
import { readImage } from '../archive/squashfs/part.ts';
import { SlipwayError } from '../errors.ts';
import { joinFiles } from '../files/joined.ts';
import { runTool } from '../files/run-tool.ts';
import { linuxkitTimeSeconds } from '../system/place-image.ts';
import { systemTree } from '../system/system-tree.ts';
import { virtioDiskModules } from './boot-modules.ts';
import type { OutputJob } from './format.ts';
import { findStarter, type Starter } from './image-initrd.ts';
import type { MediaToolName } from './media-tools.ts';
import { reportingPacked } from './packing-line.ts';
import { packRootImage } from './root-image.ts';
import { rootSettings } from './root-settings.ts';

export const isoTools: readonly MediaToolName[] = ['fakeroot', 'unsquashfs', 'xorriso'];

const needs = { anyOf: [], all: [...virtioDiskModules, 'isofs'] };
const options = ['-quiet', '-R', '-D', '-iso-level', '3', '-V', 'SLIPWAY'];

/**
 * Writes the image to the path. There is no hash tree: blocks of ISO 9660 have 2048 bytes, and those of a checked device 4096. Returns why
 * the system can't boot it, as a sentence without its end. Throws a `SlipwayError` when a file has an attribute.
 */
export async function writeIsoRoot(
	job: OutputJob,
	path: string,
): Promise<{ readonly starter: Starter; readonly sizeBytes: number; readonly tree: null } | string> {
	const { plan, blobs, cache, scratch, report } = job;
	const squashfs = join(scratch, 'squashfs');
	for (;;) {
		const image = await packRootImage(systemTree(plan, blobs), {
			cache,
			scratch,
			settings: rootSettings.fast,
			onPacked: reportingPacked(report),
			findStarter: async (tree) => await findStarter(tree, needs, null),
		});
		if (typeof image === 'string') return image;
		await rm(squashfs, { force: true });
		await joinFiles(image.sources, squashfs);
		if (image.isMended()) continue;
		await convertToIso(squashfs, path, scratch);
		return { starter: image.starter, sizeBytes: (await stat(path)).size, tree: null };
	}
}

/** @param scratch - a directory for the unpacked tree */
export async function convertToIso(squashfs: string, path: string, scratch: string): Promise<void> {
	const { root } = await readImage(squashfs, 0, squashfs);
	const held = attributeIn(root, '');
	if (held !== null) {
		const message = `kernel+iso: ISO 9660 holds no extended attributes, and ${held.path} has ${held.name}. Use kernel+erofs or kernel+squashfs.`;
		throw new SlipwayError('BAD_CONFIG', message);
	}
	// Only its owner may enter it: programs with the set-user-id bit are in it for a while.
	const folder = await mkdtemp(join(scratch, 'iso-'));
	const [tree, image] = [join(folder, 'tree'), join(folder, 'image')];
	const script = 'unsquashfs -quiet -no-progress -strict-errors -dest "$0" "$1" >&2 && shift && exec "$@"';
	// The files of the user's settings would make other bytes.
	const program = ['xorriso', '-no_rc', '-as', 'mkisofs', ...options, '-o', image, tree];
	const env = { SOURCE_DATE_EPOCH: String(linuxkitTimeSeconds), TZ: 'UTC' };
	await runTool('fakeroot', ['--', 'sh', '-c', script, tree, squashfs, ...program], { env });
	await rename(image, path);
	// fakeroot leaves the builder all rights to the directories.
	await rm(folder, { recursive: true });
}

interface HeldAttribute {
	readonly path: string;
	readonly name: string;
}

function attributeIn(directory: DirectoryInode, prefix: string): HeldAttribute | null {
	for (const [name, inode] of directory.children) {
		const path = `${prefix}/${name}`;
		const [attribute] = inode.xattrs?.keys() ?? [];
		if (attribute !== undefined) return { path, name: attribute };
		const below = inode.kind === 'directory' ? attributeIn(inode, path) : null;
		if (below !== null) return below;
	}
	return null;
}
