// A system of a few files that every format can hold: its kernel has modules by the names of those that the first program loads.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel: { image: "t/kernel:v1", cmdline: "console=ttyS0" }
init: ["t/init:v1"]
services: [{ name: app, image: "t/app:v1" }]
files: [{ path: etc/motd, contents: "hello" }]
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
	const [out, file, cache] = [join(folder, 'out'), join(folder, 'web.yml'), join(folder, 'store')];
	mkdirSync(out);
	writeFileSync(file, yaml);
	const store = openImageStore(cache);
	const paths = Object.entries(modules).map(([name, directory]) => `${directory}/${name}.ko`);
	const tar = await makeTar([
		{ name: `${version}/modules.dep`, body: paths.map((path) => `${path}:\n`).join('') },
		...paths.map((path) => ({ name: `${version}/${path}`, body: 'a module with LZ4_decompress_safe' })),
	]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'KERNEL'.repeat(5000) },
		{ name: 'kernel.tar', body: tar.toString('latin1') },
	]);
	await putTestImage(store, 't/init:v1', [
		{ name: 'init', body: 'init', mode: 0o755 },
		{ name: 'lib/slipway/first-program', body: 'first', mode: 0o755 },
	]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o4755, uid: 70_000 }]);
	await runCommand(buildCommand, '--offline', '--cache', cache, '--dir', out, '--format', format, file);
	return out;
}
