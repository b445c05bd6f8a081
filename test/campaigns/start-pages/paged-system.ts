// The system of `make bench` with an image of blocks of one page, in which no program's pages are packed.

import { copyFileSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { joinParts } from '../../../tools/archive/squashfs/join.ts';
import { type Part, readFileData, readImage } from '../../../tools/archive/squashfs/part.ts';
import { findInode } from '../../../tools/archive/squashfs/tree.ts';
import { loadConfig } from '../../../tools/config/load-config.ts';
import { pageBytes } from '../../../tools/elf/pack-pages.ts';
import { joinFiles } from '../../../tools/files/joined.ts';
import { openImageStore } from '../../../tools/images/store.ts';
import { imageModules } from '../../../tools/output/boot-modules.ts';
import { findRootImage, findStarter, imageArchives } from '../../../tools/output/image-initrd.ts';
import { packRootImage } from '../../../tools/output/root-image.ts';
import { openSegmentCache } from '../../../tools/output/segment-cache.ts';
import { systemTree } from '../../../tools/system/system-tree.ts';
import { offlinePlan } from '../../helpers/plan.ts';
import { scratchFolder } from '../../helpers/scratch-folder.ts';
import { buildBootSystems } from '../bench/boot-systems.ts';

export interface PagedSystem {
	/** The NAME to boot. */
	readonly name: string;
	program(path: string): Promise<PagedProgram>;
}

export interface PagedProgram {
	/** The number of its inode, as the kernel prints it. */
	readonly inode: number;
	readonly bytes: Buffer;
}

const settings = { compressor: 'lz4', blockBytes: pageBytes, level: 1 } as const;
const maxProgramBytes = 256 * 1024 * 1024;

export async function buildPagedSystem(): Promise<PagedSystem> {
	const { names } = await buildBootSystems();
	const store = openImageStore(resolve('build/test/bench-boot-store'));
	const yaml = { name: 'bench.yml', text: readFileSync(`${names.ours}.yml`, 'utf8') };
	const plan = await offlinePlan(loadConfig([yaml]), store);
	const scratch = scratchFolder();
	const image = await packRootImage(systemTree(plan, store.blobs), {
		cache: openSegmentCache(store.folder, new Set()),
		scratch,
		settings,
		onPacked: () => undefined,
		findStarter: async (tree) => await findStarter(tree, imageModules, settings.compressor),
	});
	if (typeof image === 'string') throw new Error(image);
	const name = join(scratch, 'paged');
	for (const part of ['kernel', 'cmdline']) copyFileSync(`${names.ours}-${part}`, `${name}-${part}`);
	await joinFiles(await imageArchives(image.starter, image, scratch), `${name}-initrd.img`);
	const part = await readImage(await copyOfImage(`${name}-initrd.img`, scratch), 0, 'the image');
	return { name, program: async (path) => await programOf(part, path) };
}

async function copyOfImage(initrd: string, scratch: string): Promise<string> {
	const { start, sizeBytes } = findRootImage(initrd) ?? { start: 0, sizeBytes: 0 };
	const [path, from] = [join(scratch, 'image'), await open(initrd)];
	const to = await open(path, 'w');
	const { buffer } = await from.read(Buffer.alloc(sizeBytes), 0, sizeBytes, start);
	await to.writeFile(buffer);
	await to.close();
	await from.close();
	return path;
}

async function programOf(part: Part, path: string): Promise<PagedProgram> {
	const inode = findInode(part.root, path);
	if (inode?.kind !== 'file') throw new Error(`The system has no program ${path}.`);
	const joined = { ranges: [part.data], fragments: part.fragments };
	const number = joinParts(part.root, [joined], part).numbers.get(inode);
	if (number === undefined) throw new Error(`${path} has no number.`);
	return { inode: number, bytes: await readFileData(part, inode.data, maxProgramBytes, path) };
}
