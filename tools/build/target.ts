// What an executable is built for: this machine, or another processor, whose Node, libraries and compilers then are others.
//
// Another processor's Node is npm's package for it, of the version that is pinned for this machine, and its libraries are Debian's
// packages for it, which are only unpacked. Debian's cross compilers build the rest, and QEMU's user mode runs Node to compile
// scripts ahead of time.

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { runTool } from '../files/run-tool.ts';
import { storeFolder } from '../images/store-location.ts';
import { createAptSource } from '../package/apt-source.ts';
import { elfNeeds } from '../package/elf-needs.ts';
import type { DebianPackage } from '../package/package-source.ts';
import { checkedNodeDigest, nodePath } from './pinned-node.ts';

export interface Target {
	readonly processor: Processor;
	/** The directory of what is built for it. */
	readonly folder: string;
	/** The path of its Node, which was checked. */
	readonly node: string;
	/** The SHA-256 of its Node. */
	readonly nodeDigest: string;
	/** The words before arguments that run its Node here; null when nothing here runs it. */
	readonly nodeCommand: readonly string[] | null;
	readonly tools: BuildTools;
	/** What is unpacked for another processor; null for this machine. */
	readonly foreign: { readonly sysroot: string; readonly packages: readonly DebianPackage[] } | null;
}

interface BuildTools {
	readonly cc: string;
	readonly cxx: string;
	readonly strip: string;
}

/** Returns the directory of what is built for a processor. */
export function folderFor(processor: Processor): string {
	return processor === hostProcessor ? 'build' : join('build', processor.name);
}

/** This machine. */
export async function hostTarget(): Promise<Target> {
	const node = nodePath();
	return {
		processor: hostProcessor,
		folder: folderFor(hostProcessor),
		node,
		nodeDigest: await checkedNodeDigest(),
		nodeCommand: [node],
		tools: { cc: process.env['CC'] ?? 'gcc', cxx: process.env['CXX'] ?? 'g++', strip: 'strip' },
		foreign: null,
	};
}

/** Gets what is needed to build for the processor, unless it is there. */
export async function targetFor(processor: Processor): Promise<Target> {
	if (processor === hostProcessor) return await hostTarget();
	const folder = folderFor(processor);
	await mkdir(folder, { recursive: true });
	const { node, digest } = await foreignNode(processor, folder);
	const foreign = await foreignLibraries(processor, folder);
	const emulator = `qemu-${processor.triplet.split('-', 1)[0]}-static`;
	const runs = await runTool(emulator, ['--version']).then(
		() => true,
		() => false,
	);
	const prefix = processor.triplet;
	return {
		processor,
		folder,
		node,
		nodeDigest: digest,
		nodeCommand: runs ? [emulator, '-L', foreign.sysroot, node] : null,
		tools: { cc: `${prefix}-gcc`, cxx: `${prefix}-g++`, strip: `${prefix}-strip` },
		foreign,
	};
}

/** Downloads npm's package of Node for the processor; its binary is checked against the recorded hash as this machine's is. */
async function foreignNode(processor: Processor, folder: string) {
	const recorded = join(import.meta.dirname, `node-${processor.name}.sha256`);
	const node = join(folder, 'node/bin/node');
	if (existsSync(node)) {
		const digest = await checkedNodeDigest(node, recorded).catch(() => null);
		if (digest !== null) return { node, digest };
	}
	const version = await pinnedVersion();
	const unfinished = join(folder, 'node.new');
	await rm(unfinished, { recursive: true, force: true });
	await mkdir(unfinished, { recursive: true });
	const wanted = `${processor.nodePackage}@${version}`;
	await runTool('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', unfinished, wanted]);
	const archive = join(unfinished, `${processor.nodePackage}-${version}.tgz`);
	await runTool('tar', ['-xzf', archive, '-C', unfinished, '--strip-components=1', 'package/bin/node']);
	await rm(archive);
	const digest = await checkedNodeDigest(join(unfinished, 'bin/node'), recorded);
	await rm(join(folder, 'node'), { recursive: true, force: true });
	await rename(unfinished, join(folder, 'node'));
	return { node, digest };
}

/** Returns the version of Node that package.json pins. */
export async function pinnedVersion(): Promise<string> {
	const manifest = JSON.parse(await readFile('package.json', 'utf8')) as {
		readonly devDependencies: Readonly<Record<string, string>>;
	};
	return manifest.devDependencies[hostProcessor.nodePackage] ?? '';
}

/** The Debian packages of the libraries that Node and the addon need. */
const libraryPackages = ['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6'];

/** Unpacks the libraries of the processor below the directory. */
async function foreignLibraries(processor: Processor, folder: string) {
	const sysroot = join(folder, 'sysroot');
	const debs = join(storeFolder(undefined), 'debian');
	await mkdir(debs, { recursive: true });
	const source = createAptSource(debs, { processor });
	const candidates = await source.candidates(libraryPackages);
	const packages = libraryPackages.map((name) => {
		const found = candidates.get(name);
		if (found === undefined) throw source.unknown(name);
		return found;
	});
	const stamp = packages.map(({ sha256 }) => sha256).join(' ');
	const stampFile = join(folder, 'sysroot.stamp');
	if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return { sysroot, packages };
	// A run that is cut off must not leave the stamp of a directory that is gone.
	await rm(stampFile, { force: true });
	const unfinished = `${sysroot}.new`;
	await rm(unfinished, { recursive: true, force: true });
	await mkdir(unfinished, { recursive: true });
	for (const each of packages) await runTool('dpkg-deb', ['--extract', await source.fetch(each), unfinished]);
	await rm(sysroot, { recursive: true, force: true });
	await rename(unfinished, sysroot);
	await writeFile(stampFile, stamp);
	return { sysroot, packages };
}

/** Returns the paths of the libraries, and of the dynamic loader, that all these files need. */
export async function librariesOfAll(target: Target, users: readonly string[]): Promise<readonly string[]> {
	if (target.foreign !== null) return await librariesIn(target.foreign.sysroot, target.processor, users);
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

/** ldd(1) runs the program's loader, which another processor's can't be. */
async function librariesIn(sysroot: string, { triplet }: Processor, users: readonly string[]) {
	const found = new Map<string, string>();
	const waiting = [...users];
	for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
		for (const name of (await elfNeeds(file))?.libraries ?? []) {
			if (found.has(name)) continue;
			const path = [`lib/${triplet}`, `usr/lib/${triplet}`]
				.map((each) => join(sysroot, each, name))
				.find(existsSync);
			if (path === undefined) throw new Error(`${file} needs ${name}, which ${sysroot} does not have.`);
			found.set(name, path);
			waiting.push(path);
		}
	}
	return [...found.values()];
}
