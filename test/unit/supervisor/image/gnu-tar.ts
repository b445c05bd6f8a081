// Tars that GNU tar makes, and what our reader finds in a tar.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { TarHeader } from '../../../../supervisor/image/tar-header.ts';
import { tarMembers } from '../../../../supervisor/image/tar-members.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf } from '../../../helpers/tar.ts';

export async function gnuTar(t: ExecutionContext, script: string, ...options: string[]): Promise<Buffer> {
	const folder = scratchFolder(t);
	const make = `mkdir tree && cd tree && ${script}\ntar --sort=name --mtime=@1492533000 "$@" -cf ../made.tar .`;
	const made = await runProgram('sh', ['-ec', make, 'sh', ...options], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	return readFileSync(join(folder, 'made.tar'));
}

export async function read(
	tar: Uint8Array,
	chunkBytes = tar.length,
): Promise<{ header: TarHeader; body: string }[]> {
	const chunks: Uint8Array[] = [];
	for (let at = 0; at < tar.length; at += chunkBytes) chunks.push(tar.subarray(at, at + chunkBytes));
	const members: { header: TarHeader; body: string }[] = [];
	for await (const { header, content } of tarMembers(bytesOf(...chunks), 'test')) {
		const parts: Uint8Array[] = [];
		for await (const part of content()) parts.push(part);
		members.push({ header, body: Buffer.concat(parts).toString() });
	}
	return members;
}
