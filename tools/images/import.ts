// Imports images into the store: an OCI layout as a directory or tar, or the output of `docker save`. A tar is first unpacked
// to a temporary directory, because its index may be the last file. No symbolic link or device is created, so no path of the
// archive can lead out of that directory.

import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, lstat, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { decompressArchive } from '../../supervisor/image/decompress.ts';
import { sayingExpected } from '../../supervisor/image/no-tar-error.ts';
import { tarMembers } from '../../supervisor/image/tar-members.ts';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import { SlipwayError } from '../errors.ts';
import { inTemporaryFolder } from '../files/temporary-paths.ts';
import { importDockerSave } from './import-docker-save.ts';
import { importLayout } from './import-layout.ts';
import type { ImageStore } from './store.ts';
import { unpackedLimit } from './unpacked-limit.ts';

interface ImportOptions {
	/** For an image that the layout or archive does not name. */
	readonly name?: string | undefined;
	/** Receives how much of an archive was read, and its size. */
	readonly onRead?: (bytes: number, totalBytes?: number) => void;
}

/**
 * @param path - a directory or a tar; `-` reads a tar from the standard input
 * @returns the references that were added
 */
export async function importImages(
	path: string,
	store: ImageStore,
	{ name, onRead = () => undefined }: ImportOptions = {},
): Promise<string[]> {
	if (path === '-') return await importTar(process.stdin, standardInput, store, { name, onRead });
	const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
		const why = cause.code === 'ENOENT' ? 'there is no such file or folder' : cause.message;
		throw new SlipwayError('NO_FILE', `${path}: ${why}.`, { cause });
	});
	if (info.isDirectory()) return await importFolder(path, path, store, name);
	return await importTar(createReadStream(path), path, store, {
		name,
		onRead: (bytes) => onRead(bytes, info.size),
	});
}

const expected = 'Expected is a tar of an OCI layout, or what docker save writes.';
const standardInput = 'the standard input';

/** @param what - names the archive in errors */
async function importTar(
	bytes: AsyncIterable<Uint8Array>,
	what: string,
	store: ImageStore,
	{ name, onRead }: { readonly name: string | undefined; readonly onRead: (bytes: number) => void },
): Promise<string[]> {
	return await inTemporaryFolder(join(store.folder, '.import-'), store.temporary, async (scratch) => {
		const maxBytes = await store.blobs.maxUnpackedBytes();
		await sayingExpected(expected, () => unpack(bytes, what, scratch, maxBytes, onRead));
		return await importFolder(scratch, what, store, name);
	});
}

async function importFolder(
	folder: string,
	what: string,
	store: ImageStore,
	name: string | undefined,
): Promise<string[]> {
	if (existsSync(join(folder, 'oci-layout'))) return await importLayout(folder, what, store, name);
	if (existsSync(join(folder, 'manifest.json'))) return await importDockerSave(folder, what, store, name);
	throw new SlipwayError(
		'NO_IMAGE',
		`${what} holds no images: it has neither oci-layout (an OCI layout) nor manifest.json (docker save).`,
	);
}

/** Another name of a file in the archive. */
interface Link {
	readonly name: string;
	/** The path from the archive's root. */
	readonly target: string;
}

async function unpack(
	bytes: AsyncIterable<Uint8Array>,
	path: string,
	folder: string,
	maxBytes: number,
	onRead: (bytes: number) => void,
): Promise<void> {
	const links: Link[] = [];
	const limit = () => unpackedLimit(`${path} unpacks`, maxBytes, 'slipway cache import');
	const countFile = limit();
	let readBytes = 0;
	const file = counted(bytes, (read) => {
		readBytes += read;
		onRead(readBytes);
	});
	const tar = counted(decompressArchive(file, path), limit());
	for await (const { header, content } of tarMembers(tar, path)) {
		const { name, kind, linkname } = header;
		const parts = splitTreePath(name, path);
		if (kind === 'link') links.push({ name, target: linkname });
		else if (kind === 'symlink') {
			if (isAbsolute(linkname)) throw refused(path, name, `is a link to ${linkname}`);
			links.push({ name, target: normalize(join(dirname(name), linkname)) });
		} else if (kind === 'file' && parts.length > 0) {
			// A sparse file is larger than its archive.
			countFile(header.sizeBytes);
			makeParent(dirname(join(folder, ...parts)), path, name);
			await writeNew(join(folder, ...parts), content());
		} else if (kind !== 'directory') throw refused(path, name, `is a ${kind}`);
	}
	for (const link of links) await linkInside(folder, link, path);
}

async function* counted(
	bytes: AsyncIterable<Uint8Array>,
	count: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
	for await (const chunk of bytes) {
		count(chunk.length);
		yield chunk;
	}
}

/** Writes a file. A later member of the same name replaces the first, as in any reader of tars. */
async function writeNew(target: string, content: AsyncIterable<Uint8Array>): Promise<void> {
	await rm(target, { recursive: true, force: true });
	await pipeline(Readable.from(content, { objectMode: false }), createWriteStream(target, { flags: 'wx' }));
}

/**
 * Older versions of Docker write a layer that several images share once, and links to it (`../ID/layer.tar`). Such a link
 * becomes a hard link between two files of the archive. Any other link is refused.
 */
async function linkInside(folder: string, { name, target }: Link, what: string): Promise<void> {
	const from = join(folder, ...splitTreePath(target, `${what}: the link ${name}`));
	const path = join(folder, ...splitTreePath(name, what));
	const info = await lstat(from).catch(() => null);
	if (info === null || !info.isFile()) throw refused(what, name, `is a link to ${target}, which is no file`);
	if (from === path || existsSync(path)) return;
	makeParent(dirname(path), what, name);
	await link(from, path);
}

function makeParent(path: string, what: string, name: string): void {
	try {
		makeFolder(path, 0o777);
	} catch (cause) {
		const isFile = hasCode(cause, 'EEXIST', 'ENOTDIR');
		throw isFile ? refused(what, name, 'stands in a file') : cause;
	}
}

function refused(what: string, name: string, why: string): SlipwayError {
	return new SlipwayError(
		'BAD_IMAGE',
		`${what}: ${name} ${why}. An archive of images has files, folders and links between its own files.`,
	);
}
