// Puts a Debian kernel into LinuxKit's form: `kernel`, and `kernel.tar` with the chosen modules and what they depend on,
// indexed by depmod(8).

import { createWriteStream, existsSync, globSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { tarArchive } from '../archive/tar.ts';
import { SlipwayError } from '../errors.ts';
import { runTool } from '../files/run-tool.ts';
import { moduleName } from '../system/kept-modules.ts';
import type { DebianTree } from './debian-tree.ts';
import { createPackageFiles, type PackageFiles } from './package-files.ts';

/** The files beside the modules that depmod and a loader read. */
const indexes = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'];

/**
 * @param modules - names (`overlay`) or directories (`drivers/virtio/`) below `kernel/`
 * @param scratch - a directory for the tar
 */
export async function addKernel(
	files: PackageFiles,
	{ packageName, folder: root }: DebianTree,
	modules: readonly string[],
	scratch: string,
): Promise<void> {
	const [version] = globSync('*', { cwd: join(root, 'lib/modules') });
	if (version === undefined) {
		throw new SlipwayError(
			'BAD_RECIPE',
			`The Debian package ${packageName} has no kernel: nothing is in its /lib/modules.`,
		);
	}
	const all = join(root, 'lib/modules', version);
	await runTool('depmod', ['--basedir', root, version]);
	const subset = join(scratch, 'modules', 'lib/modules', version);
	makeFolder(subset, 0o777);
	for (const path of await withDependencies(all, modules)) {
		makeFolder(dirname(join(subset, path)), 0o777);
		await copyFile(join(all, path), join(subset, path));
	}
	for (const index of indexes) await copyFile(join(all, index), join(subset, index));
	await runTool('depmod', ['--basedir', join(scratch, 'modules'), version]);

	const tree = createPackageFiles('kernel.tar');
	tree.addTree('lib', join(scratch, 'modules', 'lib'));
	const tar = join(scratch, 'kernel.tar');
	await pipeline(Readable.from(tarArchive(tree.entries()), { objectMode: false }), createWriteStream(tar));
	files.addFile('kernel', join(root, `boot/vmlinuz-${version}`), 0o644);
	files.addFile('kernel.tar', tar, 0o644);
}

/** Returns sorted paths such as `kernel/fs/overlayfs/overlay.ko`. Throws for a module that is neither a file nor built in. */
async function withDependencies(folder: string, wanted: readonly string[]): Promise<string[]> {
	const text = await readFile(join(folder, 'modules.dep'), 'utf8');
	const needs = new Map(
		text.split('\n').map((line) => {
			const [path = '', rest = ''] = line.split(':');
			return [path, rest.split(' ').filter((each) => each !== '')];
		}),
	);
	const builtin = new Set(
		(await readFile(join(folder, 'modules.builtin'), 'utf8')).split('\n').map(moduleName),
	);
	const chosen = new Set<string>();
	for (const name of wanted) {
		const paths = name.endsWith('/')
			? globSync(`kernel/${name}**/*.ko`, { cwd: folder })
			: [...needs.keys()].filter((path) => moduleName(path) === moduleName(name));
		if (paths.length === 0 && !builtin.has(moduleName(name))) {
			throw new SlipwayError(
				'BAD_RECIPE',
				`The kernel has no module ${name}: neither as a file nor built in.`,
			);
		}
		for (const path of paths) for (const each of [path, ...(needs.get(path) ?? [])]) chosen.add(each);
	}
	return [...chosen].filter((path) => existsSync(join(folder, path))).sort();
}
