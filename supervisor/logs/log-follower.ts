// Reads a log and continues with what is written to it, across rotations, until it is aborted. Sleeps between the kernel's
// notifications (inotify(7)), and polls twice a second where the kernel gives none.

import { type FSWatcher, fstatSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { LogRecord } from './log-line.ts';
import { type LogPlace, type LogQuery, placeOfLast, readRecords } from './log-reader.ts';
import { closeLogFiles, inodeOf, type OpenLogFile, openLogFiles } from './open-log-files.ts';

const pollMs = 500;

/** Yields the records of a service's log that match `query`, as `followFiles()` does. */
export function followLog(path: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogRecord> {
	const reading: FileReading<LogRecord> = {
		start: (files) => placeOfLast(files, query),
		read: (fd, offset) => readRecords(fd, offset, query),
	};
	return followFiles(path, reading, signal);
}

/** How the files of a log are read. */
export interface FileReading<Item> {
	/** Returns where the first item begins. */
	start(files: readonly OpenLogFile[]): LogPlace;
	/** Yields the finished items from `offset` on, and returns the offset after the last. */
	read(fd: number, offset: number): Generator<Item, { readonly offset: number }>;
}

/**
 * Yields the items of a log, each once it is finished. When the log is written faster than the caller reads, the oldest
 * items are missing, because they are no longer on the disk. Ends when `signal` is aborted. Throws when the log can't be read.
 */
export async function* followFiles<Item>(
	path: string,
	reading: FileReading<Item>,
	signal: AbortSignal,
): AsyncGenerator<Item> {
	const changes = watchLog(path, signal);
	let files = openLogFiles(path);
	try {
		const start = reading.start(files);
		closeLogFiles(files.splice(0, start.file));
		let { offset } = start;
		while (!signal.aborted) {
			// Requested before the log is read, so that no change is missed between the two.
			const change = changes.next();
			const [file] = files;
			const isLast = file === undefined || (files.length === 1 && inodeOf(path) === file.inode);
			if (file !== undefined) {
				if (fstatSync(file.fd).size < offset) offset = 0;
				({ offset } = yield* reading.read(file.fd, offset));
			}
			if (!isLast && files.length === 1) files.push(...openLaterFiles(path, file.inode));
			else if (file === undefined) files = openLogFiles(path);
			if (files.length > 1) {
				closeLogFiles(files.splice(0, 1));
				offset = 0;
			} else if (file !== undefined || files.length === 0) await change;
		}
	} finally {
		closeLogFiles(files);
		changes.close();
	}
}

/** Opens the files that are newer than that one, or all when that one is no longer on the disk. */
function openLaterFiles(path: string, inode: number): OpenLogFile[] {
	const files = openLogFiles(path);
	closeLogFiles(files.splice(0, files.findIndex((file) => file.inode === inode) + 1));
	return files;
}

interface Changes {
	/** Resolves at the next change. */
	next(): Promise<void>;
	close(): void;
}

function watchLog(path: string, signal: AbortSignal): Changes {
	let change = Promise.withResolvers<void>();
	let watcher: FSWatcher | null = null;
	let poll: NodeJS.Timeout | undefined;
	const wake = () => {
		change.resolve();
		change = Promise.withResolvers<void>();
	};
	const startPolling = () => {
		poll ??= setInterval(wake, pollMs);
	};
	try {
		// Watches the folder, because each rotation makes a new file.
		watcher = watch(dirname(path), (_, name) => {
			if (name === null || name === basename(path)) wake();
		});
		watcher.on('error', startPolling);
	} catch {
		startPolling();
	}
	const close = () => {
		watcher?.close();
		clearInterval(poll);
		signal.removeEventListener('abort', close);
		wake();
	};
	signal.addEventListener('abort', close);
	return { next: () => change.promise, close };
}
