// Follows a file to which another process appends, as `tail -f` does. The writer never waits for the reader and the reader
// misses nothing, however slow it is: that is what a pipe or socket can't promise.

import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';

const chunkBytes = 64 * 1024;
/** A serial port writes byte by byte; without a pause each byte would wake this process. */
const pauseMs = 5;
/** Some file systems report no changes, and a user may have no more watches (inotify(7)). */
const pollMs = 200;

export interface FollowedFile {
	/** Reads what is there now, and stops. May be called more than once. */
	finish(): void;
	/** Stops at once. */
	stop(): void;
}

/**
 * Calls `onBytes` with the contents from `fromBytes` on and with all that is appended. The file must exist. After the file was
 * cut it starts again at the beginning.
 */
export function followFile(path: string, onBytes: (bytes: Buffer) => void, fromBytes = 0): FollowedFile {
	const fd = openSync(path, 'r');
	let position = fromBytes;
	let isOpen = true;
	let timer: NodeJS.Timeout | null = null;
	const readAll = (): void => {
		while (isOpen) {
			const chunk = Buffer.allocUnsafe(chunkBytes);
			const count = readSync(fd, chunk, 0, chunkBytes, position);
			if (count === 0) {
				if (fstatSync(fd).size >= position) return;
				position = 0;
				continue;
			}
			position += count;
			onBytes(chunk.subarray(0, count));
		}
	};
	const schedule = (delayMs: number): void => {
		timer ??= setTimeout(() => {
			timer = null;
			readAll();
		}, delayMs);
	};
	const watcher = watchIfPossible(path, () => schedule(pauseMs));
	const polling = setInterval(readAll, pollMs);
	const stop = (): void => {
		if (!isOpen) return;
		isOpen = false;
		watcher?.close();
		clearInterval(polling);
		if (timer !== null) clearTimeout(timer);
		closeSync(fd);
	};
	schedule(0);
	return {
		finish() {
			if (isOpen) readAll();
			stop();
		},
		stop,
	};
}

function watchIfPossible(path: string, onChange: () => void): FSWatcher | null {
	try {
		return watch(path, onChange).on('error', () => undefined);
	} catch {
		return null;
	}
}
