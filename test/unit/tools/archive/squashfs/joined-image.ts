// A squashfs joined from segments of entries, as a build joins it, and what Debian's unsquashfs says of it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryEntry, Entry, FileEntry, HardLinkEntry } from '../../../../../tools/archive/entry.ts';
import type { CompressionSettings } from '../../../../../tools/archive/squashfs/compress-blocks.ts';
import { joinParts } from '../../../../../tools/archive/squashfs/join.ts';
import { openLooseFiles } from '../../../../../tools/archive/squashfs/loose-files.ts';
import { makePart } from '../../../../../tools/archive/squashfs/make-part.ts';
import { openPart } from '../../../../../tools/archive/squashfs/part.ts';
import { mergeTree, newDirectory, placeEntry } from '../../../../../tools/archive/squashfs/tree.ts';
import { shareEqualFiles, usedData } from '../../../../../tools/archive/squashfs/used-data.ts';
import { runProgram } from '../../../../helpers/program.ts';
import { type Owner, scratchFolder } from '../../../../helpers/scratch.ts';

export const lz4: CompressionSettings = { compressor: 'lz4', blockBytes: 65536, level: 9 };
export const xz: CompressionSettings = { compressor: 'xz', blockBytes: 131072, level: 1 };

const common = { uid: 0, gid: 0, mtimeSeconds: 5 };

export function file(path: string, bytes: Uint8Array | string, more: Partial<FileEntry> = {}): FileEntry {
	const content = Buffer.from(bytes);
	const sizeBytes = content.length;
	return {
		...common,
		kind: 'file',
		path,
		mode: 0o644,
		sizeBytes,
		content: async function* () {
			yield content;
		},
		...more,
	};
}

export function directory(path: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry {
	return { ...common, kind: 'directory', path, mode: 0o755, ...more };
}

/** Returns a file and its other names, as they stand in a stream. */
export function linked(entry: FileEntry, ...paths: readonly string[]): Entry[] {
	const { kind: _, sizeBytes: __, content: ___, ...base } = entry;
	const links = paths.map((path): HardLinkEntry => ({ ...base, kind: 'hardlink', path, target: entry.path }));
	return [{ ...entry, links }, ...links];
}

export async function* streamOf(entries: Iterable<Entry>): AsyncGenerator<Entry, void> {
	yield* entries;
}

/** Returns the path of a part. */
export async function partOf(t: Owner, entries: Iterable<Entry>, settings = lz4): Promise<string> {
	const path = join(scratchFolder(t), 'part');
	await makePart(streamOf(entries), path, settings);
	return path;
}

/** Returns the path of the image. */
export async function joinedImage(
	t: Owner,
	segments: readonly Iterable<Entry>[],
	loose: readonly Exclude<Entry, HardLinkEntry>[] = [],
	settings = lz4,
): Promise<string> {
	const folder = scratchFolder(t);
	const root = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 7 });
	const parts = await Promise.all(
		segments.map(async (entries, index) => await openPart(await partOf(t, entries, settings), index, 'part')),
	);
	for (const part of parts) mergeTree(root, part.root);
	const loosePath = join(folder, 'loose');
	const files = await openLooseFiles(loosePath, parts.length, settings.blockBytes);
	for (const entry of loose) await placeEntry(root, entry, (each) => files.add(each));
	const last = { ranges: [{ start: 0, end: await files.finish() }], fragments: Buffer.alloc(0) };
	shareEqualFiles(root);
	const used = usedData(
		root,
		parts.map((part) => part.fragments),
	);
	const { head, tail } = joinParts(root, [...used, last], settings);
	const blocks = parts.flatMap(({ path }, index) => {
		const bytes = readFileSync(path);
		return (used[index]?.ranges ?? []).map(({ start, end }) => bytes.subarray(start, end));
	});
	const image = join(folder, 'image');
	writeFileSync(image, Buffer.concat([head, ...blocks, readFileSync(loosePath), tail]));
	return image;
}

/** Returns a line for each path: mode, owner, size and time. */
export async function listed(image: string): Promise<string[]> {
	const ran = await runProgram('unsquashfs', ['-lln', image], { env: { ...process.env, TZ: 'UTC' } });
	if (ran.exitCode !== 0) throw new Error(ran.stderr);
	return ran.stdout
		.trim()
		.split('\n')
		.map((line) => line.replace(/ +/g, ' ').replace('squashfs-root', ''));
}

/** Returns the bytes of a file. */
export async function contentOf(t: Owner, image: string, path: string): Promise<Buffer> {
	const target = join(scratchFolder(t), 'out');
	const ran = await runProgram('unsquashfs', ['-no-xattrs', '-q', '-n', '-d', target, image, path]);
	if (ran.exitCode !== 0) throw new Error(ran.stderr);
	return readFileSync(join(target, path));
}
