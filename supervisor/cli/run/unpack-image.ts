// Unpacks the image of `service run` into its memory: a plain tarball of a root file system, or an archive of images, each maybe
// compressed. A directory that holds a root is used as it is.

import {
	closeSync,
	constants,
	createReadStream,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { hasCode } from '../../../native/linux/has-code.ts';
import { decompressArchive } from '../../image/decompress.ts';
import type { ImageDefaultsJson } from '../../image/image-config.ts';
import { sayingExpected } from '../../image/no-tar-error.ts';
import { SlipwayError } from '../../image/slipway-error.ts';
import { type UnpackNative, unpackLayer } from '../../image/unpack-layer.ts';
import {
	type ArchivedLayer,
	findImage,
	type ImageArchive,
	openFile,
	readArchivedLayer,
} from './image-archive.ts';
import type { ImageMemory } from './image-memory.ts';
import { wordsOfImage } from './run-arguments.ts';

const expected = 'Expected is a tarball of a root file system, a docker save archive, or an OCI layout.';

export interface RunImage {
	/** The directory of the root; null: it is `image` of the memory. */
	readonly folder: string | null;
	readonly defaults: ImageDefaultsJson;
}

/**
 * Throws a `SlipwayError`.
 *
 * @param image - as on the command line
 * @param input - for the image `-`
 */
export async function unpackImage(
	image: string,
	input: AsyncIterable<Uint8Array>,
	memory: ImageMemory,
	native: UnpackNative,
): Promise<RunImage> {
	const what = wordsOfImage(image);
	try {
		if (image !== '-' && isFolder(image)) return await openFolder(image, memory, native);
		const tar = image === '-' ? input : (createReadStream(image) as AsyncIterable<Buffer>);
		return { folder: null, defaults: await unpackTar(tar, memory, native, what) };
	} catch (error) {
		throw hasCode(error, 'ENOSPC') ? tooLarge(what, memory, error) : error;
	}
}

function isFolder(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch (cause) {
		const { errno = 0 } = cause as NodeJS.ErrnoException;
		throw new SlipwayError('NO_FILE', `${path}: ${getSystemErrorMessage(-Math.abs(errno))}.`, { cause });
	}
}

async function openFolder(image: string, memory: ImageMemory, native: UnpackNative): Promise<RunImage> {
	const folder = resolve(image);
	const defaults = await withFolder(folder, async (folderFd) => {
		const archive = { native, folderFd, what: image };
		return await unpackArchive(archive, memory, () => undefined);
	});
	if (defaults !== null) return { folder: null, defaults };
	// They separate the options and directories of an overlay.
	if (/[:,\\]/.test(folder)) {
		const why = 'the path of a directory that is a root can have no ":", "," or "\\"';
		throw new SlipwayError('BAD_INPUT', `${folder}: ${why}.`);
	}
	return { folder, defaults: {} };
}

async function unpackTar(
	tar: AsyncIterable<Uint8Array>,
	memory: ImageMemory,
	native: UnpackNative,
	what: string,
): Promise<ImageDefaultsJson> {
	return await withFolder(memory.path('image'), async (folderFd) => {
		await sayingExpected(expected, () => unpackLayer(decompressArchive(tar, what), folderFd, native, what));
		if (readdirSync(memory.path('image')).length === 0)
			throw new SlipwayError('BAD_IMAGE', `${what} has no files. ${expected}`);
		// An archive of images shows what it is only at its end.
		const archive = { native, folderFd, what };
		if ((await findImage(archive)) === null) return {};
		renameSync(memory.path('image'), memory.path('archive'));
		mkdirSync(memory.path('image'), 0o755);
		const defaults = await unpackArchive(archive, memory, ({ path }) => emptyFile(archive, path));
		rmSync(memory.path('archive'), { recursive: true });
		return defaults ?? {};
	});
}

/**
 * Returns null when it is no archive of images.
 *
 * @param onUnpacked - is called with each layer that is needed no longer
 */
async function unpackArchive(
	archive: ImageArchive,
	memory: ImageMemory,
	onUnpacked: (layer: ArchivedLayer) => void,
): Promise<ImageDefaultsJson | null> {
	const image = await findImage(archive);
	if (image === null) return null;
	const { layers, defaults } = image;
	// docker save has the same layer under several names.
	const inodes = layers.map(({ path }) => inodeOf(archive, path));
	await withFolder(memory.path('image'), async (rootFd) => {
		for (const [at, layer] of layers.entries()) {
			const what = `${archive.what}: ${layer.path}`;
			await unpackLayer(readArchivedLayer(archive, layer), rootFd, archive.native, what);
			if (!inodes.includes(inodes[at] ?? 0, at + 1)) onUnpacked(layer);
		}
	});
	return defaults;
}

function inodeOf(archive: ImageArchive, path: string): number {
	const fd = openFile(archive, path);
	try {
		return fstatSync(fd).ino;
	} finally {
		closeSync(fd);
	}
}

/** Frees its memory. The name is the archive's, which may have links. */
function emptyFile({ native, folderFd }: ImageArchive, path: string): void {
	const { O_WRONLY, O_TRUNC, O_NONBLOCK } = constants;
	closeSync(native.openInRoot(folderFd, path, O_WRONLY | O_TRUNC | O_NONBLOCK));
}

async function withFolder<T>(path: string, use: (fd: number) => Promise<T>): Promise<T> {
	const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		return await use(fd);
	} finally {
		closeSync(fd);
	}
}

export function tooLarge(what: string, { sizeBytes }: ImageMemory, cause: unknown): SlipwayError {
	const mebibytes = Math.floor(sizeBytes / 2 ** 20);
	const message = `${what} does not fit into ${mebibytes} MiB, which is half of the free memory. Give the machine more, or unpack it to a disk and name that directory.`;
	return new SlipwayError('BAD_IMAGE', message, { cause });
}
