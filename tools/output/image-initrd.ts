// The initrd of a root that is one image: an archive that is not compressed, with the first program, the modules that it
// loads, and the image. The kernel unpacks it at the speed of the memory; of the image it later reads what is used.
//
//	dev/console               for the first program's messages
//	init                      the first program (native/first)
//	modules/NN-name.ko        loaded in the order of their names
//	files.sums                the sums of these two kinds (word-sum.ts), which the first program compares
//	root.squashfs             the root; absent when it is on a disk
//	root.size                 its size in bytes and its sum (word-sum.ts), a line each. It comes last: the kernel gives a file its
//	                          whole length before its bytes

import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpioArchive, fileHeader } from '../archive/cpio.ts';
import type { Entry } from '../archive/entry.ts';
import type { SquashCompressor } from '../archive/squashfs/superblock.ts';
import type { JoinSource } from '../files/joined.ts';
import { wordSum } from '../files/word-sum.ts';
import { bytesFile, folder, linuxkitTimeSeconds, textFile } from '../system/place-image.ts';
import { type BootModule, findBootModules, type ModuleNeeds } from './boot-modules.ts';
import { readTail } from './initrd-marks.ts';
import { firstProgram, type RootImage, type RootTree } from './root-image.ts';

const imageName = 'root.squashfs';
const sizeName = 'root.size';
const sumsName = 'files.sums';
const maxProgramBytes = 16 * 1024 * 1024;

/** What boots a root image. */
export interface Starter {
	readonly program: Buffer;
	readonly modules: readonly BootModule[];
}

/** Returns what the tree has to boot its image, or why it can't be booted, as a sentence without its end. */
export async function findStarter(
	tree: RootTree,
	needs: ModuleNeeds,
	compressor: SquashCompressor | null,
): Promise<Starter | string> {
	const program = await tree.read(firstProgram, maxProgramBytes);
	if (program === null) return `no image has /${firstProgram}, which mounts the root`;
	const modules = await findBootModules(tree, needs, compressor);
	return typeof modules === 'string' ? `the kernel ${modules}` : { program, modules };
}

/** Returns the initrd for a root on a disk. */
export async function starterArchive(starter: Starter): Promise<Buffer> {
	return await archiveOf(starterEntries(starter));
}

/**
 * Returns the files and ranges of an initrd with the image.
 *
 * @param scratch - a directory for a small file; the caller removes it
 */
export async function imageArchives(
	starter: Starter,
	image: RootImage,
	scratch: string,
): Promise<readonly JoinSource[]> {
	const start = join(scratch, 'first');
	const { sizeBytes } = image;
	const common = { uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds };
	const header = fileHeader({ ...common, kind: 'file', path: imageName, mode: 0o600, sizeBytes });
	// The image's size is a multiple of its pages, so no padding follows it.
	await writeFile(start, Buffer.concat([await archiveOf(starterEntries(starter)), header]));
	const trailer = async (sum: string): Promise<Buffer> =>
		await archiveOf([textFile(sizeName, `${sizeBytes}\n${sum}\n`)]);
	return [start, { summed: image.sources, trailer }];
}

/** The header of the last archive's file, and the size in it. */
const sizeEntry = new RegExp(`070701[0-9A-F]{104}${sizeName.replace('.', '\\.')}\\0+(\\d{1,15})\n`);

/** Returns the size of the root image of an initrd; null for one of another kind. */
export function readImageSize(initrd: string): number | null {
	const digits = sizeEntry.exec(readTail(initrd).toString('latin1'))?.[1];
	return digits === undefined ? null : Number(digits);
}

/** Returns the place of the root image in an initrd; null for one of another kind. The last archive directly follows it. */
export function findRootImage(initrd: string): { readonly start: number; readonly sizeBytes: number } | null {
	const tail = readTail(initrd);
	const found = sizeEntry.exec(tail.toString('latin1'));
	const sizeBytes = Number(found?.[1] ?? 0);
	if (found === null || sizeBytes === 0) return null;
	const start = statSync(initrd).size - tail.length + found.index - sizeBytes;
	return start < 0 ? null : { start, sizeBytes };
}

function starterEntries({ program, modules }: Starter): Entry[] {
	const placed = modules.map(({ name, bytes }, index) => {
		return { path: `modules/${String(index).padStart(2, '0')}-${name}.ko`, bytes };
	});
	const sums = [{ path: 'init', bytes: program }, ...placed].map(
		({ path, bytes }) => `${sumOf(bytes)} /${path}\n`,
	);
	const console = { kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 } as const;
	return [
		folder('dev'),
		{ ...console, uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds },
		{ ...bytesFile('init', program), mode: 0o755 },
		folder('modules'),
		...placed.map(({ path, bytes }) => bytesFile(path, bytes)),
		textFile(sumsName, sums.join('')),
	];
}

function sumOf(bytes: Buffer): string {
	const sum = wordSum();
	sum.add(bytes);
	return sum.digest();
}

async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
	const bytes: Uint8Array[] = [];
	for await (const chunk of cpioArchive(streamOf(entries))) bytes.push(chunk);
	return Buffer.concat(bytes);
}

async function* streamOf(entries: readonly Entry[]): AsyncGenerator<Entry, void> {
	yield* entries;
}
