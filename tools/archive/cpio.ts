// Writes the `newc` cpio format (cpio(5); the kernel's Documentation/driver-api/early-userspace/buffer-format.rst) as a
// stream. Each call writes one complete archive with its trailer, so archives can be joined unchanged.
//
// Hard links: every name of a file has the same inode number and the number of names. The kernel takes the bytes from the
// name that has a size (init/initramfs.c); GNU cpio expects them with the last name. The number of names must be known
// before the first is written, so a file's entry lists its links, and they follow it in the stream.

import { checkEntryNumbers, hexField } from '../../supervisor/image/header-numbers.ts';
import { nameToBytes } from '../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../errors.ts';
import type { Entry, FileEntry, HardLinkEntry } from './entry.ts';

const trailer = 'TRAILER!!!';
/** The largest number of eight hexadecimal digits. */
const maxNumber = 0xffff_ffff;
/** The kernel silently skips a longer name or link target (init/initramfs.c, `do_header`). */
const pathMax = 4096;
/** The kernel also skips a file whose last name is longer, which no file system can hold. */
const nameMax = 255;
const fileType = {
	file: 0o100000,
	hardlink: 0o100000,
	directory: 0o040000,
	symlink: 0o120000,
	block: 0o060000,
	character: 0o020000,
	fifo: 0o010000,
} as const;

interface Header {
	readonly inode: number;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly links: number;
	readonly mtimeSeconds: number;
	readonly sizeBytes: number;
	readonly major: number;
	readonly minor: number;
	readonly path: string;
}

const endOfArchive: Header = {
	inode: 0,
	mode: 0,
	uid: 0,
	gid: 0,
	links: 1,
	mtimeSeconds: 0,
	sizeBytes: 0,
	major: 0,
	minor: 0,
	path: trailer,
};

/** Yields the entries as a newc archive. Hard links must directly follow their file. Throws for what the format can't hold. */
export async function* cpioArchive(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array, void> {
	let inode = 0;
	for await (const group of linkGroups(entries)) {
		inode += 1;
		yield* writeGroup(group, inode);
	}
	yield header(endOfArchive);
}

/** Returns what stands before a file's bytes. The caller writes these, NULs up to a multiple of four, and further entries. */
export function fileHeader(file: Omit<FileEntry, 'content'>): Uint8Array {
	check(file, []);
	const { path, mode, uid, gid, mtimeSeconds, sizeBytes } = file;
	const base = { inode: 0, links: 1, major: 0, minor: 0, path, uid, gid, mtimeSeconds, sizeBytes };
	return header({ ...base, mode: fileType.file | mode });
}

interface LinkGroup {
	readonly first: Exclude<Entry, HardLinkEntry>;
	readonly links: readonly HardLinkEntry[];
}

/** Groups a file with its links. The links' own entries, which follow, are skipped. */
async function* linkGroups(entries: AsyncIterable<Entry>): AsyncGenerator<LinkGroup, void> {
	let due = new Set<string>();
	for await (const entry of entries) {
		if (entry.kind === 'hardlink') {
			if (!due.delete(entry.path)) {
				throw new SlipwayError(
					'BAD_IMAGE',
					`${entry.path}: a hard link that its file ${entry.target} does not name.`,
				);
			}
			continue;
		}
		const links = entry.kind === 'file' ? (entry.links ?? []) : [];
		due = new Set(links.map((link) => link.path));
		yield { first: entry, links };
	}
}

async function* writeGroup({ first, links }: LinkGroup, inode: number): AsyncGenerator<Uint8Array, void> {
	check(first, links);
	const base = {
		inode,
		mode: fileType[first.kind] | first.mode,
		uid: first.uid,
		gid: first.gid,
		links: first.kind === 'directory' ? 2 : links.length + 1,
		// A later time becomes the last one that the field can hold, the year 2106.
		mtimeSeconds: Math.min(first.mtimeSeconds, maxNumber),
		major: first.kind === 'block' || first.kind === 'character' ? first.major : 0,
		minor: first.kind === 'block' || first.kind === 'character' ? first.minor : 0,
	};
	// The last name has the bytes.
	const names = [first.path, ...links.map((link) => link.path)];
	const last = names.pop() ?? first.path;
	for (const path of names) yield header({ ...base, sizeBytes: 0, path });
	if (first.kind === 'symlink') {
		const target = nameToBytes(first.target);
		yield header({ ...base, sizeBytes: target.length, path: last });
		yield pad(target);
		return;
	}
	if (first.kind !== 'file') {
		yield header({ ...base, sizeBytes: 0, path: last });
		return;
	}
	yield header({ ...base, sizeBytes: first.sizeBytes, path: last });
	yield* fileBytes(first);
}

/** Refuses what would be cut to eight digits, or what the kernel would skip. */
function check(
	first: LinkGroup['first'] | Omit<FileEntry, 'content'>,
	links: readonly HardLinkEntry[],
): void {
	if (first.kind === 'file' && first.sizeBytes > maxNumber) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${first.path} has ${first.sizeBytes} bytes; a cpio archive holds up to 4 GiB.`,
		);
	}
	checkEntryNumbers(first, first.path);
	for (const path of [first.path, ...links.map((link) => link.path)]) {
		if (path.split('/').every((name) => nameToBytes(name).length <= nameMax)) continue;
		throw new SlipwayError('BAD_IMAGE', `${path.slice(0, 60)}…: a name has up to ${nameMax} bytes.`);
	}
	const texts = [first.path, ...links.map((link) => link.path), first.kind === 'symlink' ? first.target : ''];
	for (const text of texts) {
		if (nameToBytes(text).length < pathMax && !text.includes('\0')) continue;
		throw new SlipwayError(
			'BAD_IMAGE',
			`${text.slice(0, 60)}…: a path has up to ${pathMax - 1} bytes and no NUL.`,
		);
	}
}

async function* fileBytes(file: FileEntry): AsyncGenerator<Uint8Array, void> {
	let written = 0;
	for await (const chunk of file.content()) {
		written += chunk.length;
		yield chunk;
	}
	if (written !== file.sizeBytes) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${file.path} has ${written} bytes, not ${file.sizeBytes} as announced.`,
		);
	}
	if (written % 4 !== 0) yield Buffer.alloc(4 - (written % 4));
}

function header(fields: Header): Uint8Array {
	// A file with the trailer's name would end the archive for its readers.
	const path = fields.path === trailer && fields.mode !== 0 ? `./${trailer}` : fields.path;
	const name = Buffer.concat([nameToBytes(path), Buffer.alloc(1)]);
	// The order of the header. The device is the one that the archive's files come from; `newc` has no checksum.
	const numbers = {
		inode: fields.inode,
		mode: fields.mode,
		uid: fields.uid,
		gid: fields.gid,
		links: fields.links,
		mtimeSeconds: fields.mtimeSeconds,
		sizeBytes: fields.sizeBytes,
		deviceMajor: 0,
		deviceMinor: 0,
		major: fields.major,
		minor: fields.minor,
		nameBytes: name.length,
		checksum: 0,
	};
	const digits = Object.entries(numbers)
		.map(([field, value]) => hexField(value, 8, field, path))
		.join('');
	return pad(Buffer.concat([Buffer.from(`070701${digits}`), name]));
}

function pad(bytes: Buffer): Buffer {
	const missing = (4 - (bytes.length % 4)) % 4;
	return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
