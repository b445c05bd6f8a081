// Whatever holds images, into the store: an OCI layout as a folder or tar, or what `docker save` wrote. A tar is
// unpacked aside first (its index may come last), file by file, links left out, so nothing in it can lead elsewhere.

import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../commands/command.ts';
import { splitTreePath } from '../rootfs/tree-path.ts';
import { importDockerSave } from './import-docker-save.ts';
import { importLayout } from './import-layout.ts';
import type { ImageStore } from './store.ts';
import { tarMembers } from './tar-members.ts';

/** @returns the references that were added */
export async function importImages(path: string, store: ImageStore): Promise<string[]> {
	if ((await stat(path)).isDirectory()) return await importFolder(path, path, store);
	await mkdir(store.folder, { recursive: true });
	const scratch = await mkdtemp(join(store.folder, '.import-'));
	try {
		await unpack(path, scratch);
		return await importFolder(scratch, path, store);
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

async function importFolder(folder: string, what: string, store: ImageStore): Promise<string[]> {
	if (existsSync(join(folder, 'oci-layout'))) return await importLayout(folder, store);
	if (existsSync(join(folder, 'manifest.json'))) return await importDockerSave(folder, store);
	throw new SlipwayError(
		'NO_IMAGE',
		`${what} holds no images: it has neither oci-layout (an OCI layout) nor manifest.json (docker save).`,
	);
}

async function unpack(path: string, folder: string): Promise<void> {
	for await (const { header, content } of tarMembers(createReadStream(path) as AsyncIterable<Buffer>, path)) {
		const parts = splitTreePath(header.name, path);
		if (header.kind !== 'file' || parts.length === 0) continue;
		const target = join(folder, ...parts);
		await mkdir(dirname(target), { recursive: true });
		await pipeline(
			Readable.from(content(), { objectMode: false }),
			createWriteStream(target, { flags: 'wx' }),
		);
	}
}
