// Makes `build/init/`: PID 1's executable and the folder of shared libraries that it alone uses. For another processor it makes
// `build/ARCH/init/`.
//
//	node tools/build/build-init.ts [ARCH]
//
// The executable is patched to look for its dynamic loader and libraries in /lib/slipway only, so that it
// clashes with no libc that another image brings. The addon is an asset of the executable. The recipe of
// the package has the links with its other names (/sbin/modprobe, ...).

import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { clearUnwindTables } from '../elf/clear-unwind-tables.ts';
import { cutElf } from '../elf/cut-elf.ts';
import { clearExports, dynamicNames } from '../elf/cut-exports.ts';
import { replaceFile } from '../files/replace-file.ts';
import { runTool } from '../files/run-tool.ts';
import { parseArch } from '../options/arch-option.ts';
import { blankTypeStripper } from './blank-type-stripper.ts';
import { buildAddon } from './build-addon.ts';
import { buildAlone } from './build-alone.ts';
import { buildStaticProgram } from './build-static-program.ts';
import { executableSoftware } from './executable-software.ts';
import { versionConstant } from './project-version.ts';
import { replaceFolder } from './replace-folder.ts';
import { buildExecutable } from './single-executable.ts';
import { folderFor, librariesOfAll, type Target, targetFor } from './target.ts';
import { trimIcu } from './trim-icu.ts';

const libraryFolder = '/lib/slipway';

/**
 * A leak must end in a crash, which PID 1 survives, long before it takes the services' memory. A small young generation
 * keeps the resident size small.
 */
const nodeOptions = ['--max-old-space-size=128', '--max-semi-space-size=1', '--no-warnings'];

/** The static programs beside the libraries. The host takes `first-program` out of the tree for an initrd that holds the root. */
const ownPrograms = ['module-helper', 'first-program', 'client'] as const;

/** pino's writers with threads and files: PID 1's log has its own sinks (init/reporting/log.ts). */
const absentPackages = ['sonic-boom', 'thread-stream', 'on-exit-leak-free'];

/** A boot needs none of these: networks of containers, sums of archives and probes by HTTP do. node:crypto alone takes 0.15 s of a boot. */
export const lazyBuiltinsOfInit = [
	'node:crypto',
	'node:dgram',
	'node:dns/promises',
	'node:fs/promises',
	'node:http',
];

async function buildInit(target: Target): Promise<boolean> {
	const { processor, tools } = target;
	const folder = join(target.folder, 'init');
	const interpreter = `${libraryFolder}/${processor.loader}`;
	const patch = ['--set-interpreter', interpreter, '--set-rpath', libraryFolder];
	const addon = join(target.folder, 'native.node');
	await buildAddon(addon, { compiler: tools.cxx });
	const assets = { 'native.node': await stripped(addon, target) };
	const built = await buildExecutable({
		target,
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
		lazyBuiltins: lazyBuiltinsOfInit,
		async finish(file) {
			await runTool('patchelf', [...patch, file]);
			await withoutForeignLanguages(file, processor);
			await withoutTypeStripper(file);
			await withoutUnwindTables(file);
			await withoutUnusedNames(file, [addon, ...(await librariesOfAll(target, [target.node, addon]))]);
		},
		finishVersion: `${patch.join(' ')}, trimmed, no TypeScript, no unwinding, names cleared`,
	});
	const programs = Object.fromEntries(
		await Promise.all(
			ownPrograms.map(async (name) => {
				const program = join(target.folder, name);
				await buildStaticProgram(name, program, { compiler: tools.cc });
				return [name, program] as const;
			}),
		),
	);
	// A package of its own, whose recipe takes it from there.
	await buildStaticProgram('metrics-server', join(target.folder, 'metrics-server'), { compiler: tools.cc });
	const more = { ...assets, ...programs };
	const libraries = await copyLibraries(join(folder, libraryFolder), target, [target.node, addon], more);
	const software = await executableSoftware(target, join(folder, 'init'), libraries);
	// The file is beside the directory, whose contents are the image; the recipe puts the list into a label.
	await replaceFile(`${folder}-software.json`, new Set(), (file) =>
		writeFile(file, `${JSON.stringify(software, null, 2)}\n`),
	);
	return built;
}

/** Strips a copy of the addon for the guest; the tests load the one with debug information. */
async function stripped(addon: string, { folder, tools }: Target): Promise<string> {
	const copy = join(folder, 'executable/native.node');
	await mkdir(dirname(copy), { recursive: true });
	await runTool(tools.strip, ['--strip-unneeded', '-o', copy, addon]);
	return copy;
}

/** Saves a quarter of the executable, and of its memory in an initramfs. */
async function withoutForeignLanguages(file: string, { maxPageBytes }: Processor): Promise<void> {
	const program = await readFile(file);
	const free = trimIcu(program);
	if (free !== null) await writeFile(file, cutElf(program, free, maxPageBytes));
}

async function withoutTypeStripper(file: string): Promise<void> {
	const program = await readFile(file);
	if (blankTypeStripper(program) > 0) await writeFile(file, program);
}

/** Node is compiled without exceptions: a trace of a native crash ends at its first frame without them. */
async function withoutUnwindTables(file: string): Promise<void> {
	const program = await readFile(file);
	if (clearUnwindTables(program) > 0) await writeFile(file, program);
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
 * Copies all libraries of these files, as their loader resolves them, and `more` by their names. Links become files.
 *
 * @returns the paths from which the libraries were copied
 */
async function copyLibraries(
	place: string,
	target: Target,
	users: readonly string[],
	more: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
	const unfinished = await mkdtemp(join(target.folder, 'executable/lib-'));
	const libraries = await librariesOfAll(target, users);
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
	await replaceFolder(unfinished, place);
	return libraries;
}

if (import.meta.main) {
	const processor = parseArch(process.argv[2]);
	const { target, built } = await buildAlone(folderFor(processor), async () => {
		const target = await targetFor(processor);
		return { target, built: await buildInit(target) };
	});
	console.log(`${target.folder}/init/init: ${built ? 'built' : 'up to date'}`);
	if (target.nodeCommand === null)
		console.log('Its scripts are not compiled ahead of time: no qemu-user-static runs its Node here.');
}
