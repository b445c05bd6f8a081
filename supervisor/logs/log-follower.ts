// Reads a log and goes on with what is written to it, over rotations, until it is told to stop. Sleeps between the
// kernel's notices (inotify(7)); where it gives none, it looks twice a second.

import { type FSWatcher, fstatSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { LogRecord } from './log-line.ts';
import { type LogQuery, placeOfLast, readRecords } from './log-reader.ts';
import { closeLogFiles, inodeOf, type OpenLogFile, openLogFiles } from './open-log-files.ts';

const pollMs = 500;

/**
 * The records that fit, each once it is finished. Where the log is written faster than the caller takes it, the oldest
 * ones are left out, as they are gone from the disk. Ends when `signal` is aborted; throws where the log can't be read.
 */
export async function* followLog(
	path: string,
	query: LogQuery,
	signal: AbortSignal,
): AsyncGenerator<LogRecord> {
	const notices = watchLog(path, signal);
	let files = openLogFiles(path);
	try {
		const start = placeOfLast(files, query);
		closeLogFiles(files.splice(0, start.file));
		let { offset } = start;
		while (!signal.aborted) {
			// Asked for before the look at the log, so that no change falls between the two.
			const notice = notices.next();
			const [file] = files;
			const isLast = file === undefined || (files.length === 1 && inodeOf(path) === file.inode);
			if (file !== undefined) {
				if (fstatSync(file.fd).size < offset) offset = 0;
				({ offset } = yield* readRecords(file.fd, offset, query));
			}
			if (!isLast && files.length === 1) files.push(...openLaterFiles(path, file.inode));
			else if (file === undefined) files = openLogFiles(path);
			if (files.length > 1) {
				closeLogFiles(files.splice(0, 1));
				offset = 0;
			} else if (file !== undefined || files.length === 0) await notice;
		}
	} finally {
		closeLogFiles(files);
		notices.close();
	}
}

/** What came after that file; everything, when that file is gone from the disk. */
function openLaterFiles(path: string, inode: number): OpenLogFile[] {
	const files = openLogFiles(path);
	closeLogFiles(files.splice(0, files.findIndex((file) => file.inode === inode) + 1));
	return files;
}

interface Notices {
	/** Resolves at the next change. */
	next(): Promise<void>;
	close(): void;
}

function watchLog(path: string, signal: AbortSignal): Notices {
	let heard = Promise.withResolvers<void>();
	let watcher: FSWatcher | null = null;
	let poll: NodeJS.Timeout | undefined;
	const wake = () => {
		heard.resolve();
		heard = Promise.withResolvers<void>();
	};
	const look = () => {
		poll ??= setInterval(wake, pollMs);
	};
	try {
		// The folder, for the name's file changes with each rotation.
		watcher = watch(dirname(path), (_, name) => {
			if (name === null || name === basename(path)) wake();
		});
		watcher.on('error', look);
	} catch {
		look();
	}
	const close = () => {
		watcher?.close();
		clearInterval(poll);
		signal.removeEventListener('abort', close);
		wake();
	};
	signal.addEventListener('abort', close);
	return { next: () => heard.promise, close };
}
