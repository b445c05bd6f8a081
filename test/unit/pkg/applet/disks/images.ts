// Disk images for tests, made by the programs that people make them with.

import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type BlockReader, withReader } from '../../../../../pkg/applet/disks/block-reader.ts';
import { runProgram } from '../../../../helpers/program.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';

export const mebibyte = 2 ** 20;

/** A file of zeros; `command`, a line of sh, may then write on `$disk`. Returns its path. */
export async function diskImage(t: ExecutionContext, sizeBytes: number, command = ''): Promise<string> {
	const disk = join(scratchFolder(t), 'disk.img');
	writeFileSync(disk, '');
	truncateSync(disk, sizeBytes);
	const path = `/usr/sbin:/sbin:${process.env['PATH']}`;
	const made = await runProgram('sh', ['-ec', command], { env: { ...process.env, PATH: path, disk } });
	if (made.exitCode !== 0) throw new Error(`${command}: ${made.stdout}${made.stderr}`);
	return disk;
}

export function readImage<T>(path: string, look: (reader: BlockReader) => T, sectorBytes = 512): T {
	return withReader(path, { sizeBytes: statSync(path).size, sectorBytes }, look);
}

/** Returns what a program says of an image. */
export async function sayOf(program: string, args: readonly string[]): Promise<string> {
	const said = await runProgram(`/sbin/${program}`, args);
	if (said.exitCode !== 0) throw new Error(said.stdout + said.stderr);
	return said.stdout;
}

export function bytesOf(path: string): Buffer {
	return readFileSync(path);
}
