// The kernel modules that the first program (native/first) loads before it mounts the root: found in the tree by the indexes of
// depmod (modules.dep(5), modules.builtin). Modules in the kernel itself need no file.

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { SquashCompressor } from '../archive/squashfs/superblock.ts';
import type { RootTree } from './root-image.ts';

export interface BootModule {
	/** Without directories and endings. */
	readonly name: string;
	/** The module itself, not compressed. */
	readonly bytes: Buffer;
}

/** Names of modules, with underscores. */
export interface ModuleNeeds {
	/** One of them must be there, in the tree or in the kernel itself; those that are there are loaded first. Empty for no such choice. */
	readonly anyOf: readonly string[];
	readonly all: readonly string[];
}

/** The modules for a root image in the initrd. */
export const imageModules: ModuleNeeds = { anyOf: [], all: ['loop', 'squashfs'] };
/** The modules for one on a virtio disk. */
export const virtioDiskModules: readonly string[] = ['virtio_pci', 'virtio_blk'];

/** Loaded before all others where the tree has them: the kernel checks the signatures of the others, and dm-verity its blocks, by them. */
const checkingModules: readonly string[] = ['sha256_ssse3'];

const modulesFolder = 'lib/modules';
const maxIndexBytes = 16 * 1024 * 1024;
const maxModuleBytes = 64 * 1024 * 1024;

/** A symbol that squashfs.ko needs for the compressor. */
const decompressors: Readonly<Record<SquashCompressor, string>> = {
	xz: 'xz_dec_init',
	lz4: 'LZ4_decompress_safe',
	zstd: 'zstd_init_dstream',
};

/**
 * Returns the modules in the order in which they are loaded, or what the tree lacks, in words that complete "the kernel …".
 *
 * @param compressor - what the module squashfs must know; null when it is not needed
 */
export async function findBootModules(
	tree: RootTree,
	needs: ModuleNeeds,
	compressor: SquashCompressor | null,
): Promise<readonly BootModule[] | string> {
	const folder = indexedFolder(tree);
	if (folder === null) return 'image has no index of its modules';
	const builtin = linesOf(await tree.read(`${folder}/modules.builtin`, maxIndexBytes));
	const isBuiltin = new Set(builtin.map(moduleName));
	const dependencies = parseDependencies(linesOf(await tree.read(`${folder}/modules.dep`, maxIndexBytes)));
	const ordered = new Set<string>();
	const there = needs.anyOf.filter((name) => isBuiltin.has(name) || dependencies.has(name));
	if (needs.anyOf.length > 0 && there.length === 0) return `has no driver of ${needs.anyOf.join(', ')}`;
	const checking = checkingModules.filter((name) => dependencies.has(name));
	for (const name of [...checking, ...there, ...needs.all]) {
		if (isBuiltin.has(name)) continue;
		const paths = dependencies.get(name);
		if (paths === undefined) return `has no module ${name}`;
		for (const path of paths) ordered.add(path);
	}
	const modules: BootModule[] = [];
	for (const path of ordered) {
		const bytes = unpackedModule(path, await tree.read(`${folder}/${path}`, maxModuleBytes));
		const name = moduleName(path);
		if (bytes === null)
			return `has the module ${path.slice(path.lastIndexOf('/') + 1)}, which is absent, damaged or no .ko, .ko.gz or .ko.zst`;
		if (name === 'squashfs' && compressor !== null && !bytes.includes(decompressors[compressor]))
			return `has a module squashfs that can't decompress ${compressor}`;
		modules.push({ name, bytes });
	}
	return modules;
}

/** Returns the directory of the only kernel version with an index; null for none and for several. */
function indexedFolder(tree: RootTree): string | null {
	const inode = tree.find(modulesFolder);
	const versions = inode?.kind === 'directory' ? [...inode.children.keys()] : [];
	const indexed = versions.filter((version) => tree.find(`${modulesFolder}/${version}/modules.dep`) !== null);
	return indexed.length === 1 ? `${modulesFolder}/${indexed[0]}` : null;
}

function linesOf(bytes: Buffer | null): string[] {
	return (bytes ?? '')
		.toString()
		.split('\n')
		.filter((line) => line !== '');
}

/** Returns the paths of a module and of those that it needs, by its name; the last one in the file is loaded first. */
function parseDependencies(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
	const result = new Map<string, readonly string[]>();
	for (const line of lines) {
		const [path = '', needed = ''] = line.split(':', 2);
		const before = needed.split(' ').filter((each) => each !== '');
		result.set(moduleName(path), [...before.toReversed(), path]);
	}
	return result;
}

function moduleName(path: string): string {
	const file = path.slice(path.lastIndexOf('/') + 1);
	return file.replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

function unpackedModule(path: string, bytes: Buffer | null): Buffer | null {
	if (bytes === null || path.endsWith('.ko')) return bytes;
	try {
		if (path.endsWith('.gz')) return gunzipSync(bytes, { maxOutputLength: maxModuleBytes });
		if (path.endsWith('.zst')) return zstdDecompressSync(bytes, { maxOutputLength: maxModuleBytes });
	} catch {
		// A damaged module is none.
	}
	return null;
}
