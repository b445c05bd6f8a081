// Whatever holds images, into the store: an OCI layout as a folder or tar, or what `docker save` wrote. A tar is
// unpacked aside first (its index may come last), file by file and without a single symbolic link, so nothing in it can
// lead elsewhere.

import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../commands/command.ts';
import { inTemporaryFolder } from '../output/temporary-paths.ts';
import { splitTreePath } from '../rootfs/tree-path.ts';
import { importDockerSave } from './import-docker-save.ts';
import { importLayout } from './import-layout.ts';
import { decompress } from './layer-stream.ts';
import type { ImageStore } from './store.ts';
import { tarMembers } from './tar-members.ts';

/** @returns the references that were added */
export async function importImages(path: string, store: ImageStore): Promise<string[]> {
	const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
		const why = cause.code === 'ENOENT' ? 'there is no such file or folder' : cause.message;
		throw new SlipwayError('NO_FILE', `${path}: ${why}.`, { cause });
	});
	if (info.isDirectory()) return await importFolder(path, path, store);
	return await inTemporaryFolder(join(store.folder, '.import-'), store.temporary, async (scratch) => {
		await unpack(path, scratch);
		return await importFolder(scratch, path, store);
	});
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
	const links: { readonly at: readonly string[]; readonly target: string }[] = [];
	for await (const { header, content } of tarMembers(decompress(createReadStream(path)), path)) {
		const parts = splitTreePath(header.name, path);
		if (parts.length === 0) continue;
		if (header.kind === 'symlink') links.push({ at: parts, target: header.linkname });
		if (header.kind !== 'file') continue;
		const target = join(folder, ...parts);
		await mkdir(dirname(target), { recursive: true });
		await pipeline(Readable.from(content(), { objectMode: false }), createWriteStream(target));
	}
	for (const { at, target } of links) await linkInside(folder, at, target);
}

/**
 * Older versions of Docker write a layer that several images share once, and links to it (`../ID/layer.tar`). Such a
 * link becomes a hard link between two of the archive's own files; any other link is left out.
 */
async function linkInside(folder: string, at: readonly string[], target: string): Promise<void> {
	const from = normalize(join(...at.slice(0, -1), target));
	if (isAbsolute(target) || from.startsWith('..')) return;
	const path = join(folder, ...at);
	const info = await lstat(join(folder, from)).catch(() => null);
	if (info === null || !info.isFile() || existsSync(path)) return;
	await mkdir(dirname(path), { recursive: true });
	await link(join(folder, from), path);
}
