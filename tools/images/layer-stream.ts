// Reads a layer's blob as an uncompressed tar and checks it against its diffID (image-spec `config.md`).

import { createHash } from 'node:crypto';
import { errorMessage } from '../../native/text/error-message.ts';
import { decompress } from '../../supervisor/image/decompress.ts';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../errors.ts';
import type { BlobFolder } from './blob-folder.ts';
import { unpackedLimit } from './unpacked-limit.ts';

/**
 * Yields the bytes of the tar. Throws when the layer can't be unpacked or does not have its diffID.
 *
 * @param diffId - is compared at the end of the stream; null when an earlier reading has compared it
 * @param image - names the image in errors
 */
export async function* readLayer(
	blobs: BlobFolder,
	layer: Descriptor,
	diffId: string | null,
	image: string,
): AsyncIterable<Uint8Array> {
	const hash = createHash('sha256');
	const count = unpackedLimit(`the layer ${layer.digest} unpacks`, await blobs.maxUnpackedBytes());
	try {
		for await (const chunk of decompress(blobs.read(layer))) {
			count(chunk.length);
			if (diffId !== null) hash.update(chunk);
			yield chunk;
		}
	} catch (cause) {
		if (cause instanceof SlipwayError)
			throw new SlipwayError(cause.code, `${image}: ${cause.message}`, { cause });
		const why = errorMessage(cause);
		const message = `${image}: the layer ${layer.digest} can't be unpacked: ${why}.`;
		throw new SlipwayError('BAD_IMAGE', message, { cause });
	}
	if (diffId === null) return;
	const found = `sha256:${hash.digest('hex')}`;
	if (found === diffId) return;
	throw new SlipwayError(
		'DIGEST_MISMATCH',
		`${image}: the layer ${layer.digest} unpacks to ${found}, not to its diffID ${diffId}.`,
	);
}
