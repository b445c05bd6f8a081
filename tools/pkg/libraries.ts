// The shared libraries that the programs of a package need, and theirs in turn, from given Debian packages.

import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { SlipwayError } from '../commands/command.ts';
import type { PackageFiles } from './package-files.ts';
import { runTool } from './run-tool.ts';

const libraryFolders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/lib', 'lib'];

/** glibc's loader, where every program asks for it; in Debian's package it is an absolute link. */
const loader = 'ld-linux-x86-64.so.2';

/**
 * Adds the libraries to `files`.
 *
 * @param roots - unpacked Debian packages, by name
 */
export async function addLibraries(
	files: PackageFiles,
	roots: ReadonlyMap<string, string>,
	what: string,
): Promise<void> {
	const found = new Set<string>();
	let todo = [...files.sources()];
	while (todo.length > 0) {
		const next: [string, string][] = [];
		for (const [program, source] of todo) {
			for (const name of await neededBy(source)) {
				if (found.has(name)) continue;
				found.add(name);
				const library = findLibrary(name, roots);
				if (library === null) {
					throw new SlipwayError(
						'NO_LIBRARY',
						`${what}: /${program} needs ${name}, which none of ${[...roots.keys()].join(', ')} has. ` +
							'Add the Debian package that holds it to "libraries".',
					);
				}
				files.addFile(`${library.folder}/${name}`, library.source);
				if (name === loader) files.addLink(`lib64/${loader}`, `../${library.folder}/${loader}`);
				next.push([`${library.folder}/${name}`, library.source]);
			}
		}
		todo = next;
	}
}

/** DT_NEEDED and the interpreter; nothing for what is not ELF or is static. */
async function neededBy(path: string): Promise<string[]> {
	if (!isElf(path)) return [];
	const needed = await runTool('readelf', ['--wide', '--dynamic', '--program-headers', path]);
	const names = [...needed.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map(
		(match) => match[1] ?? '',
	);
	const interpreter = /Requesting program interpreter: ([^\]]+)\]/.exec(needed)?.[1];
	return interpreter === undefined ? names : [...names, basename(interpreter)];
}

function isElf(path: string): boolean {
	const file = openSync(path, 'r');
	try {
		const magic = Buffer.alloc(4);
		readSync(file, magic, 0, 4, 0);
		return magic.equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
	} finally {
		closeSync(file);
	}
}

function findLibrary(
	name: string,
	roots: ReadonlyMap<string, string>,
): { folder: string; source: string } | null {
	for (const root of roots.values()) {
		for (const folder of libraryFolders) {
			const path = join(root, folder, name);
			if (readdirSafe(join(root, folder)).includes(name))
				return { folder, source: resolveInside(root, path) };
		}
	}
	return null;
}

/** A link's target inside the unpacked package: an absolute one would lead to the host's own file. */
function resolveInside(root: string, path: string): string {
	try {
		const target = readlinkSync(path);
		return resolveInside(root, isAbsolute(target) ? join(root, target) : join(path, '..', target));
	} catch {
		return existsSync(path) ? realpathSync(path) : path;
	}
}

function readdirSafe(folder: string): string[] {
	return existsSync(folder) ? readdirSync(folder) : [];
}
