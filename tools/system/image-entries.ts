// Reads an image's file system as entries.

import type { Entry } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';
import { openSpool, type Spool } from '../files/spool.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import { readLayer } from '../images/layer-stream.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { unpackedLimit } from '../images/unpacked-limit.ts';
import { flattenLayers } from './flatten.ts';

/** Each keeps a file open. The layers above are decompressed a second time. */
const maxSpools = 32;

export async function* imageEntries(blobs: BlobFolder, image: StoredImage): AsyncGenerator<Entry, void> {
	const spools: Spool[] = [];
	const layers = image.layers.map((layer, index) => {
		const spool = index < maxSpools ? openSpool(blobs.layoutFolder) : null;
		if (spool !== null) spools.push(spool);
		// The first pass reads and checks every byte; the second need not.
		const diffId = image.config.diffIds[index] ?? '';
		const read = (diffIdToCheck: string | null) => () =>
			readLayer(blobs, layer, diffIdToCheck, image.reference);
		return {
			what: `${image.reference}: the layer ${layer.digest}`,
			open(pass: 1 | 2) {
				const readPass = read(pass === 1 ? diffId : null);
				if (spool === null) return readPass();
				return pass === 1 ? spool.record(readPass) : spool.replay(readPass);
			},
		};
	});
	try {
		const count = unpackedLimit(`${image.reference}: its files unpack`, await blobs.maxUnpackedBytes());
		for await (const entry of flattenLayers(layers)) {
			// A sparse file is larger than its layer.
			if (entry.kind === 'file') count(entry.sizeBytes);
			yield entry;
		}
	} catch (error) {
		// A damaged blob appears as a bad tar at first; reading it to its end gives the real reason.
		const isMissing = error instanceof SlipwayError && error.code === 'BLOB_MISSING';
		if (!isMissing) await checkBlobs(blobs, image);
		throw error;
	} finally {
		for (const spool of spools) await spool.close();
	}
}

async function checkBlobs(blobs: BlobFolder, image: StoredImage): Promise<void> {
	for (const layer of image.layers) {
		try {
			for await (const _ of blobs.read(layer));
		} catch (cause) {
			if (!(cause instanceof SlipwayError)) throw cause;
			if (cause.code !== 'BLOB_MISSING')
				throw new SlipwayError(cause.code, `${image.reference}: ${cause.message}`, { cause });
			// Another reader has found it damaged and removed it.
			const message = `${image.reference}: the blob ${layer.digest} was damaged. Pull, import or build the image again.`;
			throw new SlipwayError('DIGEST_MISMATCH', message, { cause });
		}
	}
}
