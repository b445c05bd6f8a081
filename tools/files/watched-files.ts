// Notices that files change, by looking at them again and again: it works on every file system, and whichever way an editor
// replaces a file.

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 300;
/** A directory that holds more is not what one edits by hand. */
const maxFiles = 20_000;

/** A short text for each path that differs once the file, or something in the directory, has changed. */
export type FileMarks = ReadonlyMap<string, string>;

export function fileMarks(paths: readonly string[]): FileMarks {
	return new Map(paths.map((path) => [path, markOf(path)]));
}

/** Resolves with the paths that have changed since `marks`, once nothing changes any more: an editor or git writes several files. */
export async function waitForChange(marks: FileMarks): Promise<string[]> {
	const paths = [...marks.keys()];
	let before = marks;
	for (;;) {
		await sleep(pollMs);
		const now = fileMarks(paths);
		const isCalm = changed(before, now).length === 0;
		const all = changed(marks, now);
		if (isCalm && all.length > 0) return all;
		before = now;
	}
}

function changed(before: FileMarks, now: FileMarks): string[] {
	return [...now].flatMap(([path, mark]) => (before.get(path) === mark ? [] : [path]));
}

function markOf(path: string): string {
	const hash = createHash('sha256');
	let left = maxFiles;
	const add = (file: string): void => {
		const info = statSync(file, { throwIfNoEntry: false });
		hash.update(`${file}\0${info?.ino}\0${info?.size}\0${info?.mtimeMs}\0${info?.mode}\n`);
		if (info?.isDirectory() !== true) return;
		for (const name of readdirSync(file).toSorted()) if (left-- > 0) add(join(file, name));
	};
	try {
		add(path);
	} catch {
		// What vanishes while it is read has changed anyway, and is looked at again.
		hash.update(String(left));
	}
	return hash.digest('hex');
}
