// The files of a root that the kernel unpacks from the initrd (--root unpacked, or LinuxKit's): later archives replace what earlier ones have.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { unpackedFile, unpackingFile } from '../../supervisor/contract/unpacking-files.ts';
import { decompress } from '../../supervisor/image/decompress.ts';
import { type CpioMember, readCpio } from '../archive/read-cpio.ts';
import { SlipwayError } from '../errors.ts';
import type { TreeFile } from './contents.ts';

/** The kinds of files by the bits of `mode & 0o170000` (inode(7)). */
const kinds: ReadonlyMap<number, TreeFile['kind']> = new Map([
	[0o010000, 'fifo'],
	[0o020000, 'character'],
	[0o040000, 'directory'],
	[0o060000, 'block'],
	[0o100000, 'file'],
	[0o120000, 'symlink'],
	[0o140000, 'fifo'],
]);
/** What is held in memory: a link's target, or a text of the configuration. */
const maxTextBytes = 2 ** 20;

/**
 * @param initrd - archives by gzip or zstd, or without compression
 * @param withDigests - reads each file
 * @param isText - tells of a path that its text is wanted
 */
export async function readArchivedFiles(
	initrd: string,
	withDigests: boolean,
	isText: (path: string) => boolean,
): Promise<readonly TreeFile[]> {
	const files = new Map<string, TreeFile>();
	/** The names of each file that have come without its bytes. */
	const waiting = new Map<string, string[]>();
	const bytes = createReadStream(initrd) as AsyncIterable<Uint8Array>;
	for await (const member of readCpio(unpacked(bytes, initrd), initrd)) {
		const path = member.path.replace(/^(?:\.?\/)+/, '');
		if (path === '' || path === '.' || path === unpackedFile || path === unpackingFile) continue;
		const file = await describeMember(member, path, initrd, withDigests, isText(path));
		files.set(path, file);
		if (file.kind !== 'file' || member.links < 2) continue;
		const names = waiting.get(member.file) ?? [];
		waiting.set(member.file, [...names, path]);
		if (member.sizeBytes > 0) for (const name of names) files.set(name, { ...file, path: name });
	}
	return [...files.values()];
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array, void> {
	try {
		yield* decompress(bytes);
	} catch (cause) {
		if (!(cause instanceof Error) || !('code' in cause) || !/^(?:Z_|ZSTD_)/.test(String(cause.code)))
			throw cause;
		throw new SlipwayError('BAD_INPUT', `${name} can't be decompressed: ${cause.message}. Is it an initrd?`, {
			cause,
		});
	}
}

async function describeMember(
	member: CpioMember,
	path: string,
	initrd: string,
	withDigests: boolean,
	isText: boolean,
): Promise<TreeFile> {
	const { mode, uid, gid, sizeBytes } = member;
	const kind = kinds.get(mode & 0o170000);
	if (kind === undefined)
		throw new SlipwayError('BAD_INPUT', `${initrd}: /${path} is of no kind that Linux has.`);
	const common = { path, kind, mode: mode & 0o7777, uid, gid, owner: null } as const;
	const isHeld = kind === 'symlink' || (isText && kind === 'file');
	if (!isHeld && !(withDigests && kind === 'file'))
		return { ...common, sizeBytes: kind === 'file' ? sizeBytes : 0, value: '', text: null };
	if (isHeld && sizeBytes > maxTextBytes)
		throw new SlipwayError('BAD_INPUT', `${initrd}: /${path} has ${sizeBytes} bytes.`);
	const hash = createHash('sha256');
	const held: Uint8Array[] = [];
	for await (const chunk of member.content()) {
		hash.update(chunk);
		if (isHeld) held.push(chunk);
	}
	const text = Buffer.concat(held).toString('utf8');
	if (kind === 'symlink') return { ...common, sizeBytes: 0, value: text, text: null };
	return { ...common, sizeBytes, value: hash.digest('hex'), text: isText ? text : null };
}
