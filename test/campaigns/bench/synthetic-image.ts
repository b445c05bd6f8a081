// An image that is the same on every machine, as large as the bench asks: some thousand files of 512 bytes to 2 MB,
// three of five words, the others bytes that don't compress; hard links; whiteouts where there is a layer below.
// Nothing of it is ever held whole, so its layers may be of any size.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { mediaTypes } from '../../../supervisor/image/descriptor.ts';
import type { Entry } from '../../../tools/archive/entry.ts';
import { tarArchive } from '../../../tools/archive/tar.ts';
import type { ImageStore, NewImage } from '../../../tools/images/store.ts';
import { folder } from '../../../tools/system/place-image.ts';
import { randomBytes, randomNumbers, randomText } from './random-content.ts';

export interface SyntheticImage {
	readonly layers: number;
	readonly layerMegabytes: number;
}

const ownership = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
const filesInFolder = 20;
const fileWithLink = 25;

/** Made once: as long as its reference is in the store it is taken as it is. */
export async function ensureSyntheticImage(
	store: ImageStore,
	reference: string,
	shape: SyntheticImage,
): Promise<void> {
	if (await store.has(reference)) return;
	const layers: NewImage['layers'][number][] = [];
	for (let layer = 0; layer < shape.layers; layer++) {
		layers.push(await writeLayer(store, layerEntries(layer, shape.layerMegabytes)));
	}
	const config = { architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/true'] } };
	await store.putImage(reference, { config, layers });
}

/** One file, which is the kernel as far as the packing goes. */
export async function ensureKernelImage(store: ImageStore, reference: string): Promise<void> {
	if (await store.has(reference)) return;
	const sizeBytes = 8e6;
	const kernel = async function* (): AsyncGenerator<Entry, void> {
		const content = (): AsyncGenerator<Uint8Array, void> => randomBytes('kernel', sizeBytes);
		yield { ...ownership, kind: 'file', path: 'kernel', sizeBytes, content };
	};
	const layer = await writeLayer(store, kernel());
	await store.putImage(reference, {
		config: { architecture: 'amd64', os: 'linux', config: {} },
		layers: [layer],
	});
}

async function writeLayer(
	store: ImageStore,
	entries: AsyncIterable<Entry>,
): Promise<NewImage['layers'][number]> {
	const hash = createHash('sha256');
	const hashed = async function* (): AsyncGenerator<Uint8Array, void> {
		for await (const chunk of tarArchive(entries)) {
			hash.update(chunk);
			yield chunk;
		}
	};
	const blob = Readable.from(hashed(), { objectMode: false }).compose(createGzip());
	const descriptor = await store.writeBlob(blob as AsyncIterable<Buffer>, mediaTypes.layerGzip);
	return { descriptor, diffId: `sha256:${hash.digest('hex')}` };
}

async function* layerEntries(layer: number, megabytes: number): AsyncGenerator<Entry, void> {
	const top = topFolder(layer);
	yield folder(top);
	if (layer > 0) yield* whiteouts(layer);
	const random = randomNumbers(`sizes of layer ${layer}`);
	let left = megabytes * 1e6;
	for (let index = 0; left > 0; index++) {
		const path = filePath(layer, index);
		if (index % filesInFolder === 0) yield folder(path.slice(0, path.lastIndexOf('/')));
		const sizeBytes = Math.min(left, Math.floor(2 ** (9 + 12 * random())));
		left -= sizeBytes;
		const make = random() < 0.6 ? randomText : randomBytes;
		const content = (): AsyncGenerator<Uint8Array, void> => make(path, sizeBytes);
		const target = { ...ownership, kind: 'hardlink', path: `${path}.link`, target: path } as const;
		const links = index % fileWithLink === 0 ? [target] : [];
		yield { ...ownership, kind: 'file', path, sizeBytes, content, links };
		yield* links;
	}
}

/** Of two files of the layer below. */
function* whiteouts(layer: number): Generator<Entry, void> {
	yield folder(topFolder(layer - 1));
	yield folder(`${topFolder(layer - 1)}/00`);
	for (const index of [1, 2]) {
		const path = filePath(layer - 1, index).replace(/[^/]*$/, '.wh.$&');
		yield { ...ownership, kind: 'file', path, sizeBytes: 0, content: () => randomBytes(path, 0) };
	}
}

function topFolder(layer: number): string {
	return `layer-${String(layer).padStart(2, '0')}`;
}

function filePath(layer: number, index: number): string {
	const number = String(Math.floor(index / filesInFolder)).padStart(2, '0');
	return `${topFolder(layer)}/${number}/file-${index}`;
}
