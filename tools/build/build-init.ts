// Makes `build/init/`: PID 1's executable and the folder of shared libraries that it alone uses.
//
// The executable is patched to look for its dynamic loader and libraries in /lib/slipway only, so that it
// clashes with no libc that another image brings. The addon is an asset of the executable. The recipe of
// the package has the links with its other names (/sbin/modprobe, ...).

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
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { cutElf } from '../elf/cut-elf.ts';
import { clearExports, dynamicNames } from '../elf/cut-exports.ts';
import { runTool } from '../files/run-tool.ts';
import { buildAddon } from './build-addon.ts';
import { buildStaticProgram } from './build-static-program.ts';
import { executableSoftware } from './executable-software.ts';
import { nodePath } from './pinned-node.ts';
import { versionConstant } from './project-version.ts';
import { buildExecutable } from './single-executable.ts';
import { trimIcu } from './trim-icu.ts';

const libraryFolder = '/lib/slipway';
const { loader } = hostProcessor;
const patch = ['--set-interpreter', `${libraryFolder}/${loader}`, '--set-rpath', libraryFolder];

/**
 * A leak must end in a crash, which PID 1 survives, long before it takes the services' memory. A small young generation
 * keeps the resident size small.
 */
const nodeOptions = ['--max-old-space-size=128', '--max-semi-space-size=1', '--no-warnings'];

/** pino's writers with threads and files: PID 1's log has its own sinks (init/reporting/log.ts). */
const absentPackages = ['sonic-boom', 'thread-stream', 'on-exit-leak-free'];

async function buildInit(folder: string): Promise<boolean> {
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
			await withoutUnusedNames(file, [addon, ...(await librariesOfAll([nodePath(), addon]))]);
		},
		finishVersion: `${patch.join(' ')}, trimmed, names cleared`,
	});
	const moduleHelper = 'build/module-helper';
	await buildStaticProgram('module-helper', moduleHelper);
	// The host takes it out of the tree for an initrd that holds the root as one image.
	const firstProgram = 'build/first-program';
	await buildStaticProgram('first-program', firstProgram);
	const client = 'build/client';
	await buildStaticProgram('client', client);
	// A package of its own, whose recipe takes it from there.
	await buildStaticProgram('metrics-server', 'build/metrics-server');
	const libraries = await copyLibraries(join(folder, libraryFolder), [nodePath(), addon], {
		...assets,
		'module-helper': moduleHelper,
		'first-program': firstProgram,
		client,
	});
	const software = await executableSoftware(join(folder, 'init'), libraries);
	// The file is beside the directory, whose contents are the image; the recipe puts the list into a label.
	await writeFile(`${folder}-software.json`, `${JSON.stringify(software, null, 2)}\n`);
	return built;
}

/** Strips a copy of the addon for the guest; the tests load the one with debug information. */
async function stripped(addon: string): Promise<string> {
	const copy = 'build/executable/native.node';
	await mkdir(dirname(copy), { recursive: true });
	await runTool('strip', ['--strip-unneeded', '-o', copy, addon]);
	return copy;
}

/** Saves a quarter of the executable, and of its memory in an initramfs. */
async function withoutForeignLanguages(file: string): Promise<void> {
	const program = await readFile(file);
	const free = trimIcu(program);
	if (free !== null) await writeFile(file, cutElf(program, free));
}

/** What Node offers to addons by itself; the rest of its 46,000 names is C++. */
const addonName = /^(napi|node_api)_/;

/**
 * Node offers all of V8 to addons, 4 MB that the dynamic loader would read at each start in search of what the libraries ask for.
 * What a library asks for or has itself stays, so every name is found where it was found before.
 */
async function withoutUnusedNames(file: string, libraries: readonly string[]): Promise<void> {
	const known = new Set<string>();
	for (const library of libraries) for (const name of dynamicNames(await readFile(library))) known.add(name);
	const program = clearExports(await readFile(file), (name) => !addonName.test(name) && !known.has(name));
	await writeFile(file, program);
}

/**
 * Copies all libraries of these files, as the host's loader resolves them, and `more` by their names. Links become files.
 *
 * @returns the paths of the libraries on the host
 */
async function copyLibraries(
	target: string,
	users: readonly string[],
	more: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
	const unfinished = await mkdtemp('build/executable/lib-');
	const libraries = await librariesOfAll(users);
	for (const path of libraries) {
		const copy = join(unfinished, basename(path));
		await copyFile(await realpath(path), copy);
		await chmod(copy, 0o755);
	}
	// PID 1 also needs the addon as a file: in an initramfs that did not fit it can't write one, and must report that.
	// The static programs (native/helper, native/client) are no libraries, but they stand here beside the program that they start.
	for (const [name, path] of Object.entries(more)) await copyFile(path, join(unfinished, name));
	// The executable's names as the programs that the module helper and the client start.
	for (const name of ['modprobe', 'service']) await symlink('../../init', join(unfinished, name));
	await chmod(unfinished, 0o755);
	await mkdir(join(target, '..'), { recursive: true });
	await rm(target, { recursive: true, force: true });
	await rename(unfinished, target);
	return libraries;
}

/** Returns the paths of the libraries of all these files on the host. */
async function librariesOfAll(users: readonly string[]): Promise<readonly string[]> {
	const libraries = new Set<string>();
	for (const user of users) {
		for (const path of librariesOf(await runTool('ldd', [user]))) libraries.add(path);
	}
	return [...libraries];
}

/** Lines of ldd are `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` for the loader; the vDSO has no path. */
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
