// The files of a system package as a directory of the host, for tests that start its programs in namespaces.

import { resolve } from 'node:path';
import { openImageStore } from '../../tools/images/store.ts';
import { runProgram } from './program.ts';

/** Unpacks the image into the directory, which is made. */
export async function unpackImage(reference: string, folder: string): Promise<void> {
	const store = openImageStore(process.env['SLIPWAY_CACHE'] ?? resolve('build/cache'));
	const image = await store.find(reference);
	if (image === null) throw new Error(`${reference} is not in the store: make packages`);
	await runProgram('mkdir', ['-p', folder]);
	for (const { digest } of image.layers) {
		const ran = await runProgram('tar', ['-xzf', store.blobs.path(digest), '-C', folder]);
		if (ran.exitCode !== 0) throw new Error(ran.stderr);
	}
}
