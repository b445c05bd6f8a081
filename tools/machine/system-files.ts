// The files of a built system that a machine boots, found by the name that `slipway build` gave them.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { BootEndings } from '../output/format.ts';
import { outputFormats } from '../output/formats.ts';

export interface SystemFiles {
	/** Paths. */
	readonly kernel: string;
	readonly initrd: string;
	/** The contents of NAME-cmdline. */
	readonly commandLine: string;
	/** The image of the root, which is the first disk; null when the initrd has the root. */
	readonly root: string | null;
}

/**
 * Finds the files of the first format that `slipway run` boots and that is there. Throws a `SlipwayError` that names
 * what is missing.
 *
 * @param name - a path without its ending, as in `build/redis-os`
 */
export function findSystem(name: string): SystemFiles {
	const bootable = bootableEndings();
	for (const boot of bootable) {
		if (missingOf(name, boot).length > 0) continue;
		const commandLine = readFileSync(`${name}${boot.commandLine}`, 'utf8').trim();
		const root = boot.root === undefined ? null : `${name}${boot.root}`;
		return { kernel: `${name}${boot.kernel}`, initrd: `${name}${boot.initrd}`, commandLine, root };
	}
	throw new SlipwayError('NO_FILE', missingText(name, bootable));
}

/** Reports whether the files of a format are there that QEMU boots without firmware. */
export function hasSystem(name: string): boolean {
	return bootableEndings().some((boot) => missingOf(name, boot).length === 0);
}

/** Returns the name of the system that a file such as `redis-os-kernel` belongs to, or the name that was given. */
export function systemName(given: string): string {
	for (const boot of bootableEndings()) {
		for (const ending of Object.values(boot)) {
			const name = given.slice(0, -ending.length);
			if (given.endsWith(ending) && missingOf(name, boot).length === 0) return name;
		}
	}
	return given;
}

/** A format with the root on a disk has the files of the other kind and one more. */
function bootableEndings(): readonly BootEndings[] {
	return outputFormats
		.flatMap(({ boot }) => boot ?? [])
		.toSorted((a, b) => Number(b.root !== undefined) - Number(a.root !== undefined));
}

function missingOf(name: string, boot: BootEndings): string[] {
	return [boot.kernel, boot.initrd, boot.commandLine, ...(boot.root === undefined ? [] : [boot.root])]
		.map((ending) => `${name}${ending}`)
		.filter((path) => !existsSync(path));
}

/** Names the files that are missing of the format with the most existing files. */
function missingText(name: string, bootable: readonly BootEndings[]): string {
	const system = name.replace(/\.ya?ml$/, '');
	// --name takes no slash.
	const folder = dirname(name) === '.' ? '' : `--dir ${dirname(name)} `;
	if (system !== name) {
		const isBuilt = bootable.some((boot) => missingOf(system, boot).length === 0);
		const build = isBuilt ? '' : `slipway build ${folder}${name} && `;
		return `A machine boots a built system, and ${name} is a YAML file. Write: slipway up ${name}, or ${build}slipway run ${system}`;
	}
	if (statSync(name, { throwIfNoEntry: false })?.isDirectory() === true) return folderText(name, bootable);
	const [missing = []] = bootable
		.map((boot) => missingOf(name, boot))
		.toSorted((a, b) => a.length - b.length);
	const other = outputFormats.find(
		({ boot, endings }) => boot === null && endings.every((ending) => existsSync(`${name}${ending}`)),
	);
	const there = other === undefined ? '' : ` The format ${other.name}, which is there, can't be booted.`;
	return (
		`There is no system named ${name}: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.` +
		`${there} Build one with: slipway build ${folder}--name ${basename(name)} FILE.yml`
	);
}

/** Names the systems of a directory that stands where a system is to be named. */
function folderText(folder: string, bootable: readonly BootEndings[]): string {
	const files = readdirSync(folder).map((file) => join(folder, file));
	const systems = new Set(
		bootable.flatMap((boot) =>
			files
				.filter((file) => file.endsWith(boot.commandLine))
				.map((file) => file.slice(0, -boot.commandLine.length))
				.filter((name) => missingOf(name, boot).length === 0),
		),
	);
	if (systems.size > 0)
		return `${folder} is a directory. Name a system in it: ${[...systems].sort().join(', ')}`;
	return `${folder} is a directory, and no built system is in it. Build one with: slipway build --dir ${folder} FILE.yml`;
}
