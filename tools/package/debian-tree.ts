// Unpacks a Debian package: the headers of its data archive (deb(5)) by path, and the bytes of its files in a directory.
// Owners, modes and links are kept in memory and never created on this host, so root is not needed, and no link of a
// package can lead anywhere.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { TarHeader } from '../../supervisor/image/tar-header.ts';
import { tarMembers } from '../../supervisor/image/tar-members.ts';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import { SlipwayError } from '../errors.ts';
import { toolError } from '../files/run-tool.ts';
import { unpackedLimit } from '../images/unpacked-limit.ts';

export interface DebianEntry {
	/** A hard link has the header of its file. */
	readonly header: TarHeader;
	/** The path of a file's bytes; null for other kinds. */
	readonly source: string | null;
}

export interface DebianTree {
	readonly packageName: string;
	/** The directory that holds only the files, at their own paths. */
	readonly folder: string;
	/** Entries by path, without a leading slash. */
	readonly entries: ReadonlyMap<string, DebianEntry>;
}

/**
 * @param file - the `.deb`
 * @param maxBytes - the bytes that its files may have together; a sparse file is larger than its archive
 */
export async function readDebianTree(
	packageName: string,
	file: string,
	folder: string,
	maxBytes: number,
): Promise<DebianTree> {
	const count = unpackedLimit(`The Debian package ${packageName} unpacks`, maxBytes, 'slipway pkg build');
	const entries = new Map<string, DebianEntry>();
	const pathOf = (name: string): string => splitTreePath(name, `The Debian package ${packageName}`).join('/');
	for await (const { header, content } of tarMembers(dataArchive(file), packageName)) {
		const path = pathOf(header.name);
		if (path === '') continue;
		if (header.kind === 'link') {
			const first = entries.get(pathOf(header.linkname));
			if (first === undefined) {
				throw new SlipwayError(
					'BAD_RECIPE',
					`The Debian package ${packageName}: ${path} is a hard link to ${header.linkname}, which isn't there.`,
				);
			}
			entries.set(path, first);
			continue;
		}
		const source = header.kind === 'file' ? join(folder, path) : null;
		if (source !== null) {
			count(header.sizeBytes);
			makeFolder(dirname(source), 0o777);
			await pipeline(Readable.from(content(), { objectMode: false }), createWriteStream(source));
		}
		entries.set(path, { header, source });
	}
	return { packageName, folder, entries };
}

async function* dataArchive(file: string): AsyncGenerator<Uint8Array, void> {
	const args = ['--fsys-tarfile', file];
	const child = spawn('dpkg-deb', args, { stdio: ['ignore', 'pipe', 'pipe'] });
	let stderr = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	const ended = new Promise<Error | null>((resolve) => {
		child.on('error', resolve);
		child.on('close', (status) => resolve(status === 0 ? null : new Error(`it ended with status ${status}`)));
	});
	try {
		yield* child.stdout as AsyncIterable<Buffer>;
		const failure = await ended;
		if (failure !== null) throw toolError('dpkg-deb', args, failure, stderr);
	} finally {
		child.kill();
	}
}
