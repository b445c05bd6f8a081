// Debian's Go programs without the names that they offer to plugins (tools/elf/cut-exports.ts): a sixth of their size,
// which an initramfs would hold in memory for nobody.

import { readFile, writeFile } from 'node:fs/promises';
import { cutExports } from '../elf/cut-exports.ts';
import { UnknownElf } from '../elf/dynamic-program.ts';
import { SlipwayError } from '../errors.ts';
import type { DebianTree } from './debian-tree.ts';

/** `runtime.mallocgc`, `type:string`, `github.com/...`; no name of C or C++ is like that. */
const goName = /[./:]/;

/**
 * The tree with these programs changed, also on the disk.
 *
 * @param paths - of programs, `/usr/bin/containerd`
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
		'NOT_IN_PACKAGE',
		`withoutExports: /${path} of the Debian package ${tree.packageName} ${why}.`,
	);
}
