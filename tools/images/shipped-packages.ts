// The system packages that an installed slipway brings: one tar with an OCI image layout beside the program. An image is
// copied from there into the store when something first asks for it. A clone has no such file; it builds its packages.

import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { type Descriptor, digestHex } from '../../supervisor/image/descriptor.ts';
import { parseIndex } from '../../supervisor/image/manifest.ts';
import { noRecords } from '../../supervisor/image/pax-records.ts';
import { blockBytes, decodeHeader } from '../../supervisor/image/tar-header.ts';
import { SlipwayError } from '../errors.ts';
import { copyImage, type LayoutBlobs, referenceOf } from './import-layout.ts';
import { formatReference, parseReference } from './reference.ts';
import { type ImageStore, openImageStore } from './store.ts';

/** Marks an image of the store as a copy, which a newer archive replaces. An image that the user built is none. */
const shippedAnnotation = 'org.slipway.shipped';

/** Returns the path of the archive, or null when there is none: `../share/slipway/packages.tar` from the program. */
export function shippedArchive(program: string | null = isSea() ? process.execPath : null): string | null {
	if (program === null) return null;
	const path = join(dirname(program), '../share/slipway/packages.tar');
	return existsSync(path) ? path : null;
}

/** Opens the store with the system packages that this program brings, if it brings any. See `openImageStore`. */
export function openStoreWithPackages(...store: Parameters<typeof openImageStore>): ImageStore {
	return withShippedPackages(openImageStore(...store), shippedArchive());
}

/**
 * Returns the store with the images of the archive in addition: `resolve`, `find` and `has` copy an image that the store
 * lacks, or has from another archive. `list` shows only what has been copied.
 *
 * @param archive - the path of an uncompressed tar, or null
 */
export function withShippedPackages(store: ImageStore, archive: string | null): ImageStore {
	if (archive === null) return store;
	let opened: Promise<Archive> | null = null;
	/** Several callers wait for one copy. */
	const copies = new Map<string, Promise<Descriptor>>();

	async function ensure(reference: string): Promise<void> {
		opened ??= openArchive(archive ?? '');
		const { images, blobs } = await opened;
		const parsed = parseReference(reference);
		// By a digest, as a lock file has it, it is that image or none.
		const image = images.get(formatReference({ ...parsed, digest: null }));
		if (image === undefined || (parsed.digest ?? image.digest) !== image.digest) return;
		const name = formatReference(parsed);
		const known = await store.resolve(name);
		if (known !== null && known.annotations?.[shippedAnnotation] === undefined) return;
		if (known?.digest === image.digest) return;
		let copy = copies.get(name);
		if (copy === undefined) {
			copy = copyImage(blobs, image, store).then(async () => {
				const marked = { ...image, annotations: { [shippedAnnotation]: '' } };
				await store.tag(name, marked);
				return marked;
			});
			copies.set(name, copy);
		}
		await copy;
	}

	return {
		...store,
		async resolve(reference) {
			await ensure(reference);
			return await store.resolve(reference);
		},
		async find(reference, platform) {
			await ensure(reference);
			return await store.find(reference, platform);
		},
		async has(reference) {
			await ensure(reference);
			return await store.has(reference);
		},
	};
}

interface Archive {
	readonly images: ReadonlyMap<string, Descriptor>;
	readonly blobs: LayoutBlobs;
}

interface Member {
	readonly start: number;
	readonly sizeBytes: number;
}

/** An index of images is small. */
const maxIndexBytes = 4 * 1024 * 1024;

async function openArchive(path: string): Promise<Archive> {
	const members = await readMembers(path);
	const index = members.get('index.json');
	if (index === undefined || index.sizeBytes > maxIndexBytes) throw damaged(path, 'it has no index.json');
	const parts: Uint8Array[] = [];
	for await (const part of readMember(path, index)) parts.push(part);
	const images = new Map<string, Descriptor>();
	for (const descriptor of parseIndex(parseJson(path, Buffer.concat(parts)), `${path}: index.json`)) {
		const reference = referenceOf(descriptor);
		if (reference !== undefined) images.set(formatReference(parseReference(reference)), descriptor);
	}
	const member = ({ digest }: Descriptor) => members.get(`blobs/sha256/${digestHex(digest)}`);
	return {
		images,
		blobs: {
			what: path,
			has: (descriptor) => member(descriptor) !== undefined,
			read: (descriptor) => readMember(path, member(descriptor) ?? { start: 0, sizeBytes: 0 }),
		},
	};
}

/** Reads the headers alone, so the time does not grow with the images. */
async function readMembers(path: string): Promise<ReadonlyMap<string, Member>> {
	const members = new Map<string, Member>();
	const file = await open(path);
	try {
		const { size } = await file.stat();
		for (let position = 0; position + blockBytes <= size; ) {
			const block = Buffer.alloc(blockBytes);
			await file.read(block, 0, blockBytes, position);
			if (block.every((byte) => byte === 0)) break;
			// `make dist` writes names and sizes that need no PAX header.
			const { name, sizeBytes } = decodeHeader(block, noRecords, path);
			const start = position + blockBytes;
			if (start + sizeBytes > size) throw damaged(path, `it ends inside of ${name}`);
			members.set(name, { start, sizeBytes });
			position = start + Math.ceil(sizeBytes / blockBytes) * blockBytes;
		}
	} finally {
		await file.close();
	}
	return members;
}

async function* readMember(path: string, { start, sizeBytes }: Member): AsyncGenerator<Buffer, void> {
	const file: FileHandle = await open(path);
	try {
		if (sizeBytes === 0) return;
		yield* file.createReadStream({
			start,
			end: start + sizeBytes - 1,
			autoClose: false,
			highWaterMark: 256 * 1024,
		});
	} finally {
		await file.close();
	}
}

function parseJson(path: string, bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString('utf8')) as unknown;
	} catch {
		throw damaged(path, 'its index.json is not JSON');
	}
}

function damaged(path: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${path} is damaged: ${why}. Install slipway again.`);
}
