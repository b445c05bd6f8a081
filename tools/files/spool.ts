// A stream that is needed twice but costs much to make (a layer, decompressed): what passes is also written to a file
// without a name, which the kernel removes however this process ends. Reading it back takes a tenth of the time.
// Where it can't be written, because the folder is read-only or the disk full, it is made a second time.

import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { temporaryPath } from './temporary-paths.ts';

export interface Spool {
	/** Passes on what `make` gives and keeps it. Before all else, and once. */
	record(make: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void>;
	/** What was recorded to its end, from the start, or made anew. */
	replay(make: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
	/** At any time, also when nothing was recorded. */
	close(): Promise<void>;
}

/** @param folder - where the file is, on a disk with room for it */
export function openSpool(folder: string): Spool {
	let file: FileHandle | null = null;

	async function close(): Promise<void> {
		const closing = file;
		file = null;
		await closing?.close();
	}

	return {
		async *record(make) {
			file = await unnamedFile(folder).catch(() => null);
			for await (const chunk of make()) {
				await file?.writeFile(chunk).catch(close);
				yield chunk;
			}
		},
		replay(make) {
			if (file === null) return make();
			return file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
		},
		close,
	};
}

async function unnamedFile(folder: string): Promise<FileHandle> {
	await mkdir(folder, { recursive: true });
	const path = temporaryPath(folder, new Set());
	const file = await open(path, 'wx+');
	await rm(path);
	return file;
}
