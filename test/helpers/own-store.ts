// An image store for one boot test: the system packages that `make packages` built, and images of the test's own.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { mediaTypes } from '../../supervisor/image/descriptor.ts';
import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import type { Entry } from '../../tools/archive/entry.ts';
import { tarArchive } from '../../tools/archive/tar.ts';
import { type ImageStore, openImageStore } from '../../tools/images/store.ts';
import { runProgram } from './program.ts';

/** Blobs and packed segments are hard links. Writers replace files, so those of the packages' store never change. */
export async function ownStore(name: string): Promise<ImageStore> {
	const packages = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');
	const folder = resolve('build/test', `${name}-store`);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	// Nothing may have been packed yet.
	const parts = ['blobs', 'segments', 'index.json', 'oci-layout']
		.map((part) => resolve(packages, part))
		.filter((path) => existsSync(path));
	// Copied where links can't reach: the packages' store may be on another file system.
	const copy = 'cp -al "$@" 2>/dev/null || { rm -rf "$folder"/*; cp -a "$@"; }';
	const copied = await runProgram('sh', ['-c', copy, 'sh', ...parts, folder], {
		env: { ...process.env, folder },
	});
	if (copied.exitCode !== 0) throw new Error(copied.stderr);
	return openImageStore(folder);
}

/** An image of one layer that holds these entries. */
export async function putTree(
	store: ImageStore,
	reference: string,
	entries: AsyncIterable<Entry>,
	config: ImageDefaultsJson = {},
): Promise<void> {
	const layer = await store.writeBlob(tarArchive(entries), mediaTypes.layer);
	await store.putImage(reference, {
		config: { architecture: 'amd64', os: 'linux', config },
		layers: [{ descriptor: layer, diffId: layer.digest }],
	});
}
