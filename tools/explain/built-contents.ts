// What the root image of a built system holds. A built system no longer says which image a file is of; the places of the tree say
// which container it belongs to.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readErofs } from '../archive/erofs/read-image.ts';
import type { DirectoryInode, Inode } from '../archive/squashfs/inode.ts';
import { type Part, readFileData, readImage } from '../archive/squashfs/part.ts';
import { SlipwayError } from '../errors.ts';
import { writeStream } from '../files/replace-file.ts';
import { inTemporaryFolder, type TemporaryPaths } from '../files/temporary-paths.ts';
import { findSystem, type SystemFiles } from '../machine/system-files.ts';
import { erofsEnding, squashfsEnding } from '../output/format-kernel-root.ts';
import { findRootImage } from '../output/image-initrd.ts';
import { readArchivedFiles } from './archived-files.ts';
import type { TreeContents, TreeFile } from './contents.ts';

/** No file of a system is larger that is not data; its bytes are held in memory while they are compared. */
const maxFileBytes = 1024 ** 3;
const bundleFile =
	/^containers\/(?:onboot|onshutdown|services)\/[^/]+\/(?:config|runtime|supervision|network)\.json$/;

/**
 * @param name - the path of the system's files without their endings
 * @param scratch - a directory for a copy of the image
 * @param withDigests - reads each file
 */
export async function readBuiltContents(
	name: string,
	scratch: string,
	temporary: TemporaryPaths,
	withDigests: boolean,
): Promise<TreeContents> {
	const files = findSystem(name);
	const { root, sharedBytes } = await inTemporaryFolder(
		join(scratch, '.explain-'),
		temporary,
		async (folder) => await rootFiles(name, files, folder, withDigests),
	);
	const kernel = fileOf('boot/kernel', (await stat(files.kernel)).size);
	const byPart = new Map<string, TreeFile[]>([['kernel', [kernel]]]);
	for (const file of root) {
		const part = byPart.get(partOf(file.path)) ?? [];
		byPart.set(partOf(file.path), part);
		part.push(file);
	}
	return {
		parts: [...byPart].map(([part, own]) => ({
			name: part,
			isImage: part !== 'configuration',
			files: own,
			packages: new Map(),
		})),
		images: [],
		commandLine: files.commandLine,
		sharedBytes,
	};
}

interface RootFiles {
	readonly root: readonly TreeFile[];
	readonly sharedBytes: number | null;
}

async function rootFiles(
	name: string,
	files: SystemFiles,
	folder: string,
	withDigests: boolean,
): Promise<RootFiles> {
	if (files.root?.endsWith(erofsEnding) === true) return await readErofsFiles(files.root, name, withDigests);
	const path = await rootImageOf(name, files, folder);
	if (path === null) {
		const isText = (each: string): boolean => bundleFile.test(each);
		return { root: await readArchivedFiles(files.initrd, withDigests, isText), sharedBytes: null };
	}
	const image = await readImage(path, 0, name);
	const root: TreeFile[] = [];
	for (const [place, inode] of walk(image.root, ''))
		root.push(await describeInode(image, inode, place, withDigests, name));
	return { root, sharedBytes: sharedBytesOf(image.root) };
}

/** Returns the path of the image: of the format's own file, or of a copy of what the initrd has; null when the kernel unpacks the root. */
async function rootImageOf(
	name: string,
	{ root, initrd }: SystemFiles,
	folder: string,
): Promise<string | null> {
	if (root !== null) {
		if (!root.endsWith(squashfsEnding)) throw notRead(name, 'an ISO 9660 file system');
		return root;
	}
	const place = findRootImage(initrd);
	if (place === null) return null;
	const path = join(folder, 'root.squashfs');
	const { start, sizeBytes } = place;
	const bytes = createReadStream(initrd, { start, end: start + sizeBytes - 1 }) as AsyncIterable<Buffer>;
	await writeStream(path, bytes, { flush: false });
	return path;
}

function notRead(name: string, what: string): SlipwayError {
	return new SlipwayError('BAD_INPUT', `The root of ${name} is ${what}. Name its YAML file instead.`);
}

async function readErofsFiles(path: string, name: string, withDigests: boolean): Promise<RootFiles> {
	const root: TreeFile[] = [];
	const files = new Set<number>();
	const starts = new Set<number>();
	let sharedBytes = 0;
	for await (const member of readErofs(path, name)) {
		const { path: place, kind, mode, uid, gid, number, sizeBytes, start } = member;
		const common = {
			path: place,
			kind: kind === 'socket' ? 'fifo' : kind,
			mode,
			uid,
			gid,
			owner: null,
		} as const;
		const isText = kind === 'file' && bundleFile.test(place);
		const isRead = isText || kind === 'symlink' || (kind === 'file' && withDigests);
		const bytes = isRead ? await member.content() : Buffer.alloc(0);
		const digest = kind === 'file' && isRead ? createHash('sha256').update(bytes).digest('hex') : '';
		root.push({
			...common,
			sizeBytes: kind === 'file' ? sizeBytes : 0,
			value: kind === 'symlink' ? bytes.toString('utf8') : digest,
			text: isText ? bytes.toString('utf8') : null,
		});
		// Further names of a file share nothing: it is stored once.
		if (kind !== 'file' || sizeBytes === 0 || files.has(number)) continue;
		files.add(number);
		if (starts.has(start)) sharedBytes += sizeBytes;
		starts.add(start);
	}
	return { root, sharedBytes };
}

function* walk(
	{ children }: DirectoryInode,
	prefix: string,
): Generator<readonly [path: string, inode: Inode], void> {
	for (const [name, inode] of children) {
		const path = `${prefix}${name}`;
		yield [path, inode];
		if (inode.kind === 'directory') yield* walk(inode, `${path}/`);
	}
}

/** The files of a container are told by their directory, those of the configuration by their names. */
function partOf(path: string): string {
	if (bundleFile.test(path)) return 'configuration';
	const [, section, name] = /^containers\/(onboot|onshutdown|services|volumes)\/([^/]+)\//.exec(path) ?? [];
	if (section !== undefined && name !== undefined) return `${section}/${name.replace(/^\d{3}-/, '')}`;
	return /^(?:usr\/)?lib\/modules\//.test(path) ? 'kernel' : 'init';
}

async function describeInode(
	image: Part,
	inode: Inode,
	path: string,
	withDigests: boolean,
	what: string,
): Promise<TreeFile> {
	const { mode, uid, gid } = inode;
	const kind = inode.kind === 'socket' ? 'fifo' : inode.kind;
	const common = { path, kind, mode: mode & 0o7777, uid, gid, owner: null } as const;
	if (inode.kind === 'symlink')
		return { ...common, sizeBytes: 0, value: inode.target.toString('utf8'), text: null };
	if (inode.kind !== 'file') return { ...common, sizeBytes: 0, value: '', text: null };
	const { sizeBytes } = inode.data;
	const isText = bundleFile.test(path);
	if (!withDigests && !isText) return { ...common, sizeBytes, value: '', text: null };
	const bytes = await readFileData(image, inode.data, maxFileBytes, `${what}: /${path}`);
	const value = createHash('sha256').update(bytes).digest('hex');
	return { ...common, sizeBytes, value, text: isText ? bytes.toString('utf8') : null };
}

function sharedBytesOf(root: DirectoryInode): number {
	const places = new Map<string, Inode>();
	const shared = new Map<Inode, number>();
	for (const [, inode] of walk(root, '')) {
		if (inode.kind !== 'file' || inode.data.sizeBytes === inode.data.sparseBytes) continue;
		const { start, fragment, fragmentOffset, sizeBytes } = inode.data;
		const place = JSON.stringify([start, fragment, fragmentOffset, sizeBytes]);
		const first = places.get(place) ?? inode;
		places.set(place, first);
		// Other names of a file lead to the same inode.
		if (first !== inode) shared.set(inode, sizeBytes);
	}
	return [...shared.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function fileOf(path: string, sizeBytes: number): TreeFile {
	return { path, kind: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes, value: '', text: null, owner: null };
}
