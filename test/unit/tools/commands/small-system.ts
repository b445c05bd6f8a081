// A system of a few files that every format can hold: its kernel has modules by the names of those that the first program loads.

import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = (source: string): string => `kernel: { image: "t/kernel:v1", cmdline: "console=ttyS0" }
init: ["t/init:v1"]
services: [{ name: app, image: "t/app:v1" }]
files:
  - { path: etc/motd, contents: "hello" }
  - { path: etc/app.conf, source: ${JSON.stringify(source)} }
`;

const version = 'lib/modules/6.1';
/** Those of the first program: of the disks, of the file systems, and what checks them. */
const modules: Readonly<Record<string, string>> = {
	loop: 'drivers',
	virtio_pci: 'drivers',
	virtio_blk: 'drivers',
	nvme: 'drivers',
	'dm-verity': 'md',
	erofs: 'fs',
	isofs: 'fs',
	squashfs: 'fs',
};

/** Builds `web` by a store of its own. Returns the directory of the outputs. */
export async function buildSmallSystem(t: ExecutionContext, format: string): Promise<string> {
	const folder = scratchFolder(t);
	await makeSmallSystem(folder);
	return await buildSmallSystemIn(folder, format);
}

/** Builds the system that was made in the folder. */
export async function buildSmallSystemIn(folder: string, format: string): Promise<string> {
	const out = join(folder, `out-${format}`);
	mkdirSync(out);
	const words = ['--offline', '--cache', join(folder, 'store'), '--dir', out, '--format', format];
	await runCommand(buildCommand, ...words, join(folder, 'web.yml'));
	return out;
}

/**
 * Writes the description, its source and a store with the images.
 *
 * @param isReversed - takes the images in the opposite order
 */
export async function makeSmallSystem(folder: string, isReversed = false): Promise<void> {
	const source = join(folder, 'app.conf');
	writeFileSync(join(folder, 'web.yml'), yaml(source));
	writeFileSync(source, 'setting');
	const nowSeconds = Date.now() / 1000;
	utimesSync(source, nowSeconds, nowSeconds);
	const paths = Object.entries(modules).map(([name, directory]) => `${directory}/${name}.ko`);
	const tar = await makeTar([
		{ name: `${version}/modules.dep`, body: paths.map((path) => `${path}:\n`).join('') },
		...paths.map((path) => ({ name: `${version}/${path}`, body: 'a module with LZ4_decompress_safe' })),
	]);
	const images = [
		[
			't/kernel:v1',
			[
				{ name: 'kernel', body: 'KERNEL'.repeat(5000) },
				{ name: 'kernel.tar', body: tar.toString('latin1') },
			],
		],
		[
			't/init:v1',
			[
				{ name: 'init', body: 'init', mode: 0o755 },
				{ name: 'lib/slipway/first-program', body: 'first', mode: 0o755 },
			],
		],
		['t/app:v1', [{ name: 'app', body: 'app', mode: 0o4755, uid: 70_000 }]],
	] as const;
	const store = openImageStore(join(folder, 'store'));
	for (const [name, files] of isReversed ? images.toReversed() : images)
		await putTestImage(store, name, files);
}
