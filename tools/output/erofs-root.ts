// The root as an EROFS image for a disk, not compressed: it is larger than a squashfs, and the machine has nothing to decompress.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Entry } from '../archive/entry.ts';
import { makeErofs } from '../archive/erofs/make-image.ts';
import type { DirectoryInode } from '../archive/squashfs/inode.ts';
import { findInode } from '../archive/squashfs/tree.ts';
import { SlipwayError } from '../errors.ts';
import type { HashTree } from '../media/hash-tree.ts';
import { rootEntries } from '../system/boot-entries.ts';
import { linuxkitTimeSeconds } from '../system/place-image.ts';
import { virtioDiskModules } from './boot-modules.ts';
import { appendHashTree, type DiskStarter, findDiskStarter } from './checked-root.ts';
import type { OutputJob } from './format.ts';
import { mountPoints, type RootTree } from './root-image.ts';

const needs = { anyOf: [], all: [...virtioDiskModules, 'erofs'] };

/** Writes the image and its hash tree to the path. Returns why it can't be booted as a sentence without its end. */
export async function writeErofsRoot(
	{ plan, blobs, report }: OutputJob,
	path: string,
): Promise<
	{ readonly starter: DiskStarter; readonly sizeBytes: number; readonly tree: HashTree | null } | string
> {
	const startedAt = performance.now();
	const found: DiskStarter[] = [];
	const entries = async function* (root: DirectoryInode): AsyncGenerator<Entry, void> {
		// Nothing else is written for a system that can't boot.
		yield* rootEntries(plan, blobs, async () => {
			const starter = await findDiskStarter(treeOf(root, path), needs, null);
			if (typeof starter === 'string') throw new NotBootable(starter);
			found.push(starter);
		});
		yield* mountPoints;
	};
	try {
		const { sizeBytes } = await makeErofs(entries, path, linuxkitTimeSeconds);
		report(`the root packed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
		const [starter] = found;
		if (starter === undefined) throw new Error('the tree has no segment behind those that boot');
		const tree = await appendHashTree(path, starter);
		return { starter, sizeBytes, tree };
	} catch (error) {
		if (error instanceof NotBootable) return error.reason;
		throw error;
	}
}

class NotBootable extends Error {
	readonly reason: string;

	constructor(reason: string) {
		super(reason);
		this.reason = reason;
	}
}

function treeOf(root: DirectoryInode, path: string): RootTree {
	return {
		find: (name) => findInode(root, name),
		async read(name, maxBytes) {
			const inode = findInode(root, name);
			if (inode?.kind !== 'file') return null;
			const { start, sizeBytes, digest } = inode.data;
			if (sizeBytes > maxBytes)
				throw new SlipwayError('BAD_IMAGE', `/${name} has ${sizeBytes} bytes, more than ${maxBytes}.`);
			const bytes = await readRange(path, start, sizeBytes);
			if (digest?.equals(createHash('sha256').update(bytes).digest()) === true) return bytes;
			throw new SlipwayError(
				'DIGEST_MISMATCH',
				`${path} does not have the bytes that were written to it a moment ago. Check the disk.`,
			);
		},
	};
}

async function readRange(path: string, start: number, length: number): Promise<Buffer> {
	const file = await open(path);
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
		return buffer.subarray(0, bytesRead);
	} finally {
		await file.close();
	}
}
