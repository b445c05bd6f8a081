// Unpacks a layer over those below it (image-spec, layer.md). The directory belongs to this process alone. A name is resolved in it as if it
// were the root (openat2(2)), so no link of an image leads out, and `..` is refused.

import {
	chmodSync,
	closeSync,
	constants,
	fchmodSync,
	fchownSync,
	futimesSync,
	lchownSync,
	linkSync,
	lstatSync,
	lutimesSync,
	mkdirSync,
	openSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	writeSync,
} from 'node:fs';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { nameToBytes } from './name-bytes.ts';
import { SlipwayError } from './slipway-error.ts';
import type { TarHeader } from './tar-header.ts';
import { type TarMember, tarMembers } from './tar-members.ts';
import { splitTreePath } from './tree-path.ts';

export type UnpackNative = Pick<Native, 'openInRoot' | 'mknod' | 'lsetxattr' | 'constants'>;

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';
/** Programs get rights by it; others are of the system that packed the image. */
const keptAttributes = ['security.capability'];

interface Layer {
	readonly native: UnpackNative;
	readonly rootFd: number;
	readonly what: string;
	/** The inodes that this layer has made: its whiteouts hide those of the layers below alone. */
	readonly own: Set<number>;
	/** Directories in which nothing of the layers below is left: further whiteouts need no look at them. */
	readonly cleared: Set<number>;
}

/**
 * Throws a `SlipwayError` for a bad archive, and a system error for a full file system.
 *
 * @param what - names the layer in errors
 */
export async function unpackLayer(
	tar: AsyncIterable<Uint8Array>,
	rootFd: number,
	native: UnpackNative,
	what: string,
): Promise<void> {
	const layer: Layer = { native, rootFd, what, own: new Set(), cleared: new Set() };
	for await (const member of tarMembers(tar, what)) {
		const parts = splitTreePath(member.header.name, what);
		const name = parts.pop();
		if (name === undefined) setFolder(`/proc/self/fd/${rootFd}/.`, member.header);
		else await put(layer, parts, name, member);
	}
}

async function put(layer: Layer, parents: readonly string[], name: string, member: TarMember): Promise<void> {
	if (name.startsWith(whiteout)) return hide(layer, parents, name);
	const folderFd = openFolder(layer, parents);
	try {
		await make(layer, inFolder(folderFd, name), member);
	} finally {
		closeSync(folderFd);
	}
}

async function make(layer: Layer, path: Buffer, { header, content }: TarMember): Promise<void> {
	const there = lstatSync(path, { throwIfNoEntry: false });
	if (header.kind === 'directory') {
		if (there !== undefined && !there.isDirectory()) rmSync(path);
		if (there?.isDirectory() !== true) mkdirSync(path, 0o700);
		setFolder(path, header);
	} else {
		// The target of a hard link may be what is replaced.
		if (header.kind === 'link') return makeLink(layer, path, header);
		if (there !== undefined) rmSync(path, { recursive: true });
		if (header.kind === 'file') return await makeFile(layer, path, header, content());
		makeNode(layer, path, header);
		lchownSync(path, header.uid, header.gid);
		if (header.kind !== 'symlink') chmodSync(path, header.mode);
		lutimesSync(path, header.mtimeSeconds, header.mtimeSeconds);
	}
	layer.own.add(lstatSync(path).ino);
}

function makeNode({ native, what }: Layer, path: Buffer, header: TarHeader): void {
	if (header.kind === 'symlink') {
		symlinkSync(nameToBytes(header.linkname), path);
		return;
	}
	const text = path.toString();
	if (!Buffer.from(text).equals(path))
		throw bad(what, `${header.name} is a device with a name that is not UTF-8`);
	const types = { fifo: 0o010000, character: 0o020000, block: 0o060000 };
	native.mknod(text, types[header.kind as keyof typeof types] | 0o600, header.major, header.minor);
}

function makeLink(layer: Layer, path: Buffer, { name, linkname }: TarHeader): void {
	const parts = splitTreePath(linkname, `${layer.what}: the hard link ${name}`);
	const last = parts.pop();
	const folderFd = openFolder(layer, parts);
	try {
		const target = inFolder(folderFd, last ?? '.');
		const info = lstatSync(target, { throwIfNoEntry: false });
		if (info === undefined || info.isDirectory())
			throw bad(layer.what, `${name} is a hard link to ${linkname}, which is no file`);
		const there = lstatSync(path, { throwIfNoEntry: false });
		if (there?.ino === info.ino) return;
		if (there !== undefined) rmSync(path, { recursive: true });
		linkSync(target, path);
		layer.own.add(info.ino);
	} finally {
		closeSync(folderFd);
	}
}

async function makeFile(
	{ native, own }: Layer,
	path: Buffer,
	header: TarHeader,
	content: AsyncIterable<Uint8Array>,
): Promise<void> {
	const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
	const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
	try {
		own.add(lstatSync(path).ino);
		for await (const bytes of content) writeAll(fd, bytes);
		fchownSync(fd, header.uid, header.gid);
		fchmodSync(fd, header.mode);
		futimesSync(fd, header.mtimeSeconds, header.mtimeSeconds);
	} finally {
		closeSync(fd);
	}
	for (const name of keptAttributes) {
		const value = header.xattrs.get(name);
		if (value !== undefined) native.lsetxattr(path.toString(), name, value);
	}
}

function writeAll(fd: number, bytes: Uint8Array): void {
	for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function setFolder(path: Buffer | string, { uid, gid, mode }: TarHeader): void {
	lchownSync(path, uid, gid);
	chmodSync(path, mode);
}

/** Opens a directory of the image, and makes those that no layer names. The caller closes it. */
function openFolder({ native, rootFd, own, what }: Layer, parts: readonly string[]): number {
	const flags = constant(native, 'O_PATH') | constants.O_DIRECTORY;
	const whole = tryOpen(native, rootFd, parts.join('/') || '.', flags, what);
	if (whole !== null) return whole;
	let fd = native.openInRoot(rootFd, '.', flags);
	let isNew = false;
	for (const [at, name] of parts.entries()) {
		const next = (isNew ? null : findFolder()) ?? makeFolder();
		closeSync(fd);
		fd = next;

		// A link is looked up from the root; for each name of a long path that would take the square of the time.
		function findFolder(): number | null {
			const path = parts.slice(0, at + 1).join('/');
			return tryOpenPlain(inFolder(fd, name), flags) ?? tryOpen(native, rootFd, path, flags, what);
		}

		function makeFolder(): number {
			const made = inFolder(fd, name);
			// A link that leads nowhere is replaced by what the archive has there.
			if (!isNew) rmSync(made, { force: true });
			isNew = true;
			mkdirSync(made, 0o755);
			own.add(lstatSync(made).ino);
			return openSync(made, flags | constants.O_NOFOLLOW);
		}
	}
	return fd;
}

/** Returns null for a link, for what is no directory, and when there is nothing. */
function tryOpenPlain(path: Buffer, flags: number): number | null {
	try {
		return openSync(path, flags | constants.O_NOFOLLOW);
	} catch (error) {
		if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
		throw error;
	}
}

/** Returns null when there is no such directory. */
function tryOpen(
	native: UnpackNative,
	rootFd: number,
	path: string,
	flags: number,
	what: string,
): number | null {
	if (!path.isWellFormed()) throw bad(what, `${path} is in a directory whose name is not UTF-8`);
	try {
		return native.openInRoot(rootFd, path, flags);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return null;
		if (hasCode(error, 'ENOTDIR', 'ELOOP'))
			throw bad(what, `${path} is a file, and a file is to go below it`);
		throw error;
	}
}

function hide(layer: Layer, parents: readonly string[], name: string): void {
	const hidden = name.slice(whiteout.length);
	const isOpaque = name === opaque;
	if (['', '.', '..'].includes(hidden)) throw bad(layer.what, `the whiteout ${name} hides no file`);
	// aufs has more of its own.
	if (!isOpaque && hidden.startsWith(whiteout)) return;
	const path = parents.join('/') || '.';
	const flags = constant(layer.native, 'O_PATH') | constants.O_DIRECTORY;
	const folderFd = tryOpen(layer.native, layer.rootFd, path, flags, layer.what);
	if (folderFd === null) return;
	try {
		if (isOpaque) removeChildren(layer, `/proc/self/fd/${folderFd}`);
		else removeLower(layer, inFolder(folderFd, hidden));
	} finally {
		closeSync(folderFd);
	}
}

function removeChildren(layer: Layer, folder: Buffer | string): void {
	const { ino } = statSync(folder);
	if (layer.cleared.has(ino)) return;
	layer.cleared.add(ino);
	const slash = Buffer.concat([Buffer.from(folder), Buffer.from('/')]);
	for (const name of readdirSync(folder, { encoding: 'buffer' }))
		removeLower(layer, Buffer.concat([slash, name]));
}

/** Removes what the layers below have; a directory with something of this layer stays. */
function removeLower(layer: Layer, path: Buffer): void {
	const info = lstatSync(path, { throwIfNoEntry: false });
	if (info === undefined) return;
	if (info.isDirectory()) {
		removeChildren(layer, path);
		if (layer.own.has(info.ino) || readdirSync(path).length > 0) return;
		rmSync(path, { recursive: true });
	} else if (!layer.own.has(info.ino)) rmSync(path);
}

function inFolder(folderFd: number, name: string): Buffer {
	return Buffer.concat([Buffer.from(`/proc/self/fd/${folderFd}/`), nameToBytes(name)]);
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what}: ${why}.`);
}
