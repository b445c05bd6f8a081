// The tree as one stream, for formats that are a single archive: `/boot/kernel` and `/boot/cmdline` first, as in LinuxKit's
// tar, then the segments in their order; or the segments alone, for a file system of the root.

import { type Entry, fileNames } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import type { Plan } from '../resolve/plan.ts';
import { notePath, type PathNotes, refuseHiddenFolders } from './hidden-folders.ts';
import { imageEntries } from './image-entries.ts';
import { NoImageFile, noMicrocodeLine } from './kernel-image.ts';
import { folder, linuxkitTimeSeconds, textFile } from './place-image.ts';
import { leaveOutPresent } from './present.ts';
import { systemTree } from './system-tree.ts';

/** @param report - receives a line, without its end, about a file that is missing and may be */
export function treeInOneStream(
	plan: Plan,
	blobs: BlobFolder,
	report: (line: string) => void = () => undefined,
): AsyncGenerator<Entry, void> {
	return leaveOutPresent(everything(plan, blobs, report), new Set());
}

async function* everything(
	plan: Plan,
	blobs: BlobFolder,
	report: (line: string) => void,
): AsyncGenerator<Entry, void> {
	yield* bootEntries(plan, blobs, report);
	yield* rootEntries(plan, blobs);
}

/**
 * The segments in their order. Later entries replace earlier ones.
 *
 * @param afterBoot - is awaited once, after those that boot the system and before all others
 */
export async function* rootEntries(
	plan: Plan,
	blobs: BlobFolder,
	afterBoot?: () => Promise<void>,
): AsyncGenerator<Entry, void> {
	const cached: { readonly name: string; readonly placed: PathNotes }[] = [];
	let isBooting = true;
	for (const segment of systemTree(plan, blobs)) {
		if (isBooting && segment.boots !== true) {
			isBooting = false;
			await afterBoot?.();
		}
		const placed: PathNotes = { paths: [], links: [] };
		if (segment.key !== null) cached.push({ name: segment.name, placed });
		const earlier = cached.map(({ name, placed: { paths } }) => ({ name, paths }));
		for await (const entry of segment.entries(earlier)) {
			notePath(entry, placed);
			yield entry;
		}
	}
	refuseHiddenFolders(cached);
}

export async function* bootEntries(
	{ config, images }: Plan,
	blobs: BlobFolder,
	report: (line: string) => void,
): AsyncGenerator<Entry, void> {
	if (config.kernel === null) return;
	const image = images.get(config.kernel.image);
	if (image === undefined)
		throw new SlipwayError('NO_IMAGE', `The image ${config.kernel.image} was not resolved.`);
	const { binary = 'kernel', ucode, cmdline = '' } = config.kernel;
	const wanted = new Map([[binary, 'boot/kernel']]);
	if (ucode !== undefined) wanted.set(ucode, 'boot/ucode.cpio');
	yield folder('boot');
	yield textFile('boot/cmdline', cmdline);
	for await (const entry of imageEntries(blobs, image)) {
		const name = fileNames(entry).find((each) => wanted.has(each)) ?? '';
		const path = wanted.get(name);
		if (path === undefined || entry.kind !== 'file') continue;
		wanted.delete(name);
		const { mode, sizeBytes, content } = entry;
		const ownership = { mode, uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds };
		yield { kind: 'file', path, ...ownership, sizeBytes, content };
	}
	for (const missing of wanted.keys()) {
		if (missing === binary) throw new NoImageFile(image, missing);
		report(noMicrocodeLine(image, missing));
	}
}
