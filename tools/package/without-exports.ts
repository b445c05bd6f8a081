// Removes from Debian's Go programs the names that they export for plugins (tools/elf/cut-exports.ts): a sixth of their size,
// which an initramfs would hold in memory without use.

import { readFile, writeFile } from 'node:fs/promises';
import { cutExports } from '../elf/cut-exports.ts';
import { UnknownElf } from '../elf/dynamic-program.ts';
import { SlipwayError } from '../errors.ts';
import type { DebianTree } from './debian-tree.ts';

/** `runtime.mallocgc`, `type:string`, `github.com/...`; no name of C or C++ has this form. */
const goName = /[./:]/;

/**
 * Returns the tree with these programs changed; their files are changed too.
 *
 * @param paths - paths of programs, such as `/usr/bin/containerd`
 */
export async function withoutExports(tree: DebianTree, paths: readonly string[]): Promise<DebianTree> {
	const entries = new Map(tree.entries);
	for (const given of paths) {
		const path = given.replace(/^\//, '');
		const { header, source } = entries.get(path) ?? { header: null, source: null };
		if (header === null || source === null) throw unusable(tree, path, 'is not in it as a file');
		try {
			const program = cutExports(await readFile(source), (name) => goName.test(name));
			await writeFile(source, program);
			entries.set(path, { header: { ...header, sizeBytes: program.length }, source });
		} catch (error) {
			if (error instanceof UnknownElf) throw unusable(tree, path, `can't be cut: ${error.message}`);
			throw error;
		}
	}
	return { ...tree, entries };
}

function unusable(tree: DebianTree, path: string, why: string): SlipwayError {
	return new SlipwayError(
		'BAD_RECIPE',
		`withoutExports: /${path} of the Debian package ${tree.packageName} ${why}.`,
	);
}
