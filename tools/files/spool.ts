// A stream that is read twice but is expensive to make, such as a decompressed layer. The first reading also writes it to a
// file without a name, which the kernel removes however this process ends; reading that file takes a tenth of the time. When
// it can't be written, because the directory is read-only or the disk is full, the stream is made a second time.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { temporaryPath } from './temporary-paths.ts';

export interface Spool {
	/** Passes the bytes of `make` on and records them. Is called once, before `replay`. */
	record(make: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void>;
	/** Returns the recorded bytes from the start; without a complete record, those of `make`. */
	replay(make: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
	/** May be called at any time and more than once. */
	close(): Promise<void>;
}

/** @param folder - the directory of the file, on a disk with enough space for it */
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
	makeFolder(folder, 0o777);
	const path = temporaryPath(folder, new Set());
	const file = await open(path, 'wx+');
	await rm(path);
	return file;
}
