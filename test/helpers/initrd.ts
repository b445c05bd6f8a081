// An initrd unpacked as the kernel does it, by zstd and GNU cpio: archive after archive, later ones on top.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runProgram } from './program.ts';
import { scratchFolder } from './scratch.ts';

/** @returns a folder with the tree; needs root for owners and devices */
export async function unpackInitrd(t: ExecutionContext, path: string): Promise<string> {
	const work = scratchFolder(t);
	const all = join(work, 'all.cpio');
	const unpacked = await runProgram('zstd', ['-q', '-d', '-o', all, path]);
	if (unpacked.exitCode !== 0) throw new Error(unpacked.stderr);
	const root = scratchFolder(t);
	for (const archive of archivesOf(readFileSync(all))) {
		const file = join(work, 'one.cpio');
		writeFileSync(file, archive);
		const command = `cpio -idmu --quiet --no-absolute-filenames < ${file}`;
		const extracted = await runProgram('sh', ['-c', command], { cwd: root });
		if (extracted.exitCode !== 0 || extracted.stderr !== '') throw new Error(extracted.stderr);
	}
	return root;
}

function archivesOf(bytes: Buffer): Buffer[] {
	const archives: Buffer[] = [];
	let start = 0;
	while (start < bytes.length) {
		const trailer = bytes.indexOf('TRAILER!!!\0', start);
		if (trailer === -1) throw new Error('an archive without a trailer');
		const end = Math.ceil((trailer + 'TRAILER!!!\0'.length) / 4) * 4;
		archives.push(bytes.subarray(start, end));
		start = end;
	}
	return archives;
}
