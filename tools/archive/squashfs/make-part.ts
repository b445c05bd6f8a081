// Makes the squashfs image of one segment. Debian's `mksquashfs` compresses the bytes of the files, which it gets under numbers
// instead of names; the tables are written here. So no name, owner, attribute or device depends on what `mksquashfs` can read, and a
// large directory costs nothing (it searches one from the start for each file). The same entries give the same bytes.

import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../../errors.ts';
import { toolError } from '../../files/run-tool.ts';
import type { Entry, FileEntry } from '../entry.ts';
import { tarArchive } from '../tar.ts';
import { isHeldAttribute } from './attributes.ts';
import type { DirectoryInode, FileData, FileInode } from './inode.ts';
import type { ImageSettings } from './join.ts';
import { readImage, rewriteTables } from './part.ts';
import { findInode, newDirectory, placeEntry } from './tree.ts';

/** Is increased when the same entries give another part: see test/unit/tools/output/cache-versions.test.ts. */
const partVersion = 2;

export interface PartSettings extends ImageSettings {
	/** The options of `mksquashfs` for the compressor. */
	readonly options: readonly string[];
}

/** Returns the part of a cache key that the format of parts determines. */
export function partFormat({ compressor, blockBytes, options }: PartSettings): string {
	return ['squashfs', partVersion, compressor, blockBytes, ...options].join(' ');
}

/** The tree can't become a squashfs, but it can be unpacked into the memory. */
export class NotForSquashfs extends SlipwayError {
	/** A sentence without its end. */
	readonly reason: string;

	constructor(why: string) {
		const reason = `a squashfs can't hold the tree, as ${why}`;
		super('BAD_IMAGE', `${reason.replace('a', 'A')}.`);
		this.reason = reason;
	}
}

const maxTime = 0xffff_ffff;
/** The buffers of `mksquashfs`, which takes a quarter of the memory by default. */
const memory = '64M';
const maxErrorBytes = 10_000;

/** Writes the part to a new file. */
export async function makePart(
	entries: AsyncIterable<Entry>,
	path: string,
	settings: PartSettings,
): Promise<void> {
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 });
	/** The files with bytes, whose places are known in the end. */
	const files: FileInode[] = [];
	const digests: Buffer[] = [];
	const contents = async function* (): AsyncGenerator<Entry, void> {
		for await (const entry of entries) {
			if (entry.kind === 'hardlink') continue;
			refuseUnheld(entry);
			const inode = await placeEntry(root, entry, async () => noData);
			if (entry.kind !== 'file' || entry.sizeBytes === 0 || inode.kind !== 'file') continue;
			const hash = createHash('sha256');
			yield numbered(entry, files.length, hash);
			files.push(inode);
			digests.push(hash.digest());
		}
	};
	await runMksquashfs(contents(), path, settings);
	const image = await readImage(path, 0, path);
	for (const [index, inode] of files.entries())
		inode.data = { ...dataOf(image.root, index, path), digest: digests[index] ?? null };
	await rewriteTables(path, root, image, settings);
}

/** Is shared by all empty files. */
const noData: FileData = {
	part: 0,
	start: 0,
	sizeBytes: 0,
	sparseBytes: 0,
	fragment: null,
	fragmentOffset: 0,
	blockSizes: Buffer.alloc(0),
	digest: null,
};

/**
 * Returns a file with the bytes and a number in place of the name, in directories of up to 256 entries.
 *
 * @param hash - receives the bytes
 */
function numbered({ sizeBytes, content }: FileEntry, index: number, hash: Hash): FileEntry {
	const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
	const hashed = async function* (): AsyncGenerator<Uint8Array, void> {
		for await (const chunk of content()) {
			hash.update(chunk);
			yield chunk;
		}
	};
	return { kind: 'file', path: numberPath(index), ...attributes, sizeBytes, content: hashed };
}

function numberPath(index: number): string {
	return [index >> 16, (index >> 8) & 0xff, index & 0xff].join('/');
}

function dataOf(root: DirectoryInode, index: number, path: string): FileData {
	const inode = findInode(root, numberPath(index));
	if (inode?.kind === 'file') return inode.data;
	throw new SlipwayError('TOOL_FAILED', `mksquashfs has not written a file to ${path} that it was given.`);
}

/** Refuses what a squashfs can't hold. */
export function refuseUnheld({ path, mtimeSeconds, xattrs }: Entry): void {
	if (mtimeSeconds > maxTime) throw new NotForSquashfs(`${path} has a time after 2106`);
	for (const name of xattrs?.keys() ?? [])
		if (!isHeldAttribute(name)) throw new NotForSquashfs(`${path} has the attribute ${name}`);
}

async function runMksquashfs(
	files: AsyncIterable<Entry>,
	path: string,
	{ compressor, blockBytes, options }: PartSettings,
): Promise<void> {
	const args = [
		...['-', path, '-tar', '-comp', compressor, ...options, '-b', String(blockBytes), '-mem', memory],
		...['-mkfs-time', '0', '-all-time', '0', '-quiet', '-no-progress', '-exit-on-error'],
	];
	const env = { ...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: undefined };
	const child = spawn('mksquashfs', args, { stdio: ['pipe', 'ignore', 'pipe'], env });
	let complaints = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaints = `${complaints}${text}`.slice(0, maxErrorBytes);
	});
	const ended = once(child, 'close') as Promise<[number | null]>;
	ended.catch(() => undefined);
	const failure = await pipeline(Readable.from(tarArchive(files), { objectMode: false }), child.stdin).then(
		() => null,
		(error: NodeJS.ErrnoException) => error,
	);
	/** When `mksquashfs` ends early, the pipe breaks; its own words say why. */
	const isOfPipe =
		failure === null || ['EPIPE', 'ENOENT', 'ERR_STREAM_PREMATURE_CLOSE'].includes(failure.code ?? '');
	if (!isOfPipe) child.kill('SIGKILL');
	const [code] = await ended.catch((error: NodeJS.ErrnoException) => {
		throw error.code === 'ENOENT' ? notInstalled(error) : error;
	});
	if (!isOfPipe) throw failure;
	// It says what it leaves out, and goes on.
	if (failure !== null || code !== 0 || complaints !== '')
		throw (
			diskError(path, complaints) ??
			toolError('mksquashfs', args, failure ?? new Error(`exit code ${code}`), complaints)
		);
}

/** What strerror(3) says of a disk that can't be written. */
const diskErrors: readonly (readonly [code: string, words: string])[] = [
	['ENOSPC', 'No space left on device'],
	['EDQUOT', 'Disk quota exceeded'],
	['EROFS', 'Read-only file system'],
];

/** Returns an error like those of Node's system calls, by which callers know a disk; null for other complaints. */
function diskError(path: string, complaints: string): NodeJS.ErrnoException | null {
	const [code, words] = diskErrors.find((each) => complaints.includes(each[1])) ?? [];
	if (code === undefined || words === undefined) return null;
	return Object.assign(new Error(`${code}: ${words.toLowerCase()}, write`), { code, syscall: 'write', path });
}

function notInstalled(cause: Error): SlipwayError {
	const message =
		'mksquashfs is not installed, which packs the root. Install the package squashfs-tools, or build with --root unpacked.';
	return new SlipwayError('TOOL_FAILED', message, { cause });
}
