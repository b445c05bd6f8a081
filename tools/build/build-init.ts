// Makes `build/init/`: PID 1's executable and the folder of shared libraries that it alone uses.
//
// The executable is patched to look for its dynamic loader and libraries in /lib/slipway only, so that it
// clashes with no libc that another image brings. The addon is an asset of the executable. Links by its other
// names (/sbin/modprobe, ...) are the affair of the package recipe that packs this folder.

import {
	chmod,
	copyFile,
	mkdir,
	mkdtemp,
	readFile,
	realpath,
	rename,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cutElf } from '../elf/cut-elf.ts';
import { runTool } from '../files/run-tool.ts';
import { buildAddon } from './build-addon.ts';
import { executableSoftware } from './executable-software.ts';
import { versionConstant } from './project-version.ts';
import { buildExecutable, nodePath } from './single-executable.ts';
import { trimIcu } from './trim-icu.ts';

const libraryFolder = '/lib/slipway';
const loader = 'ld-linux-x86-64.so.2';
const patch = ['--set-interpreter', `${libraryFolder}/${loader}`, '--set-rpath', libraryFolder];

/**
 * A leak must end in a crash that PID 1 survives, long before it presses on the services' memory; and a small
 * young generation keeps the resident size down.
 */
const nodeOptions = ['--max-old-space-size=128', '--max-semi-space-size=1', '--no-warnings'];

/** pino's own ways to write, by threads and files: PID 1's log has sinks of its own (init/reporting/log.ts). */
const absentPackages = ['sonic-boom', 'thread-stream', 'on-exit-leak-free'];

export async function buildInit(folder: string): Promise<boolean> {
	const addon = 'build/native.node';
	await buildAddon(addon);
	const assets = { 'native.node': await stripped(addon) };
	const built = await buildExecutable({
		entry: 'init/main.ts',
		scripts: {
			pid1: { entry: 'init/pid1-main.ts', compiled: 'eager' },
			programs: { entry: 'init/programs-main.ts', compiled: 'lazy' },
		},
		output: join(folder, 'init'),
		assets,
		define: await versionConstant(),
		execArgv: nodeOptions,
		absent: absentPackages,
		async finish(file) {
			await runTool('patchelf', [...patch, file]);
			await withoutForeignLanguages(file);
		},
		finishVersion: `${patch.join(' ')}, trimmed`,
	});
	const libraries = await copyLibraries(join(folder, libraryFolder), [nodePath(), addon], assets);
	const software = await executableSoftware(join(folder, 'init'), libraries);
	// Beside the folder, which goes into the image as it is: the recipe says it in the image's label.
	await writeFile(`${folder}-software.json`, `${JSON.stringify(software, null, 2)}\n`);
	return built;
}

/** For the machine; the addon that the tests load keeps what a debugger reads. */
async function stripped(addon: string): Promise<string> {
	const copy = 'build/executable/native.node';
	await mkdir(dirname(copy), { recursive: true });
	await runTool('strip', ['--strip-unneeded', '-o', copy, addon]);
	return copy;
}

/** A quarter of the executable, and of the memory that it takes in an initramfs. */
async function withoutForeignLanguages(file: string): Promise<void> {
	const program = await readFile(file);
	const free = trimIcu(program);
	if (free !== null) await writeFile(file, cutElf(program, free));
}

/**
 * The closure of these files' libraries, as the host's own loader resolves it, as real files, and `more` by their names.
 *
 * @returns where on the host they are
 */
async function copyLibraries(
	target: string,
	users: readonly string[],
	more: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
	const aside = await mkdtemp('build/executable/lib-');
	const libraries = new Set<string>();
	for (const user of users) {
		for (const path of librariesOf(await runTool('ldd', [user]))) libraries.add(path);
	}
	for (const path of libraries) {
		const copy = join(aside, basename(path));
		await copyFile(await realpath(path), copy);
		await chmod(copy, 0o755);
	}
	// An initramfs that did not fit has no room for the addon to be written, and PID 1 is to say so.
	for (const [name, path] of Object.entries(more)) await copyFile(path, join(aside, name));
	// Our name as the kernel's helper (init/modules/module-helper.ts).
	await symlink('../../init', join(aside, 'modprobe'));
	await chmod(aside, 0o755);
	await mkdir(join(target, '..'), { recursive: true });
	await rm(target, { recursive: true, force: true });
	await rename(aside, target);
	return [...libraries];
}

/** ldd's lines are `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` for the loader; the vDSO has no path. */
export function librariesOf(lddOutput: string): string[] {
	return lddOutput.split('\n').flatMap((line) => {
		const path = /^\s*(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1];
		return path === undefined ? [] : [path];
	});
}

if (import.meta.main) {
	const built = await buildInit('build/init');
	console.log(`build/init/init: ${built ? 'built' : 'up to date'}`);
}
