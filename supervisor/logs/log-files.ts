// The files of one log: `NAME.log`, which is written to, and the older ones, `NAME.log.1` to `NAME.log.N`. A number may be
// missing after a crash during a rotation.

import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namesIn } from '../../native/linux/names-in.ts';

export function serviceLogPath(folder: string, name: string): string {
	return join(folder, `${name}.log`);
}

/** @param age - 0 for the newest file */
export function logFilePath(path: string, age: number): string {
	return age === 0 ? path : `${path}.${age}`;
}

/** Returns the ages of the older files that exist, the youngest first; none when the folder can't be read. */
export function olderAges(path: string): number[] {
	const prefix = `${basename(path)}.`;
	return namesIn(dirname(path))
		.filter((entry) => entry.startsWith(prefix))
		.map((entry) => entry.slice(prefix.length))
		.filter((age) => /^[1-9]\d{0,5}$/.test(age))
		.map(Number)
		.toSorted((one, other) => one - other);
}

/** Makes every file one older, and removes those that exceed `maxFiles`. */
export function rotateLogFiles(path: string, maxFiles: number): void {
	const ages = olderAges(path);
	for (const age of ages) if (age >= maxFiles) rmSync(logFilePath(path, age), { force: true });
	if (maxFiles <= 1) {
		rmSync(path, { force: true });
		return;
	}
	// Files older than the first free number keep their names.
	let free = 1;
	while (free < maxFiles - 1 && ages.includes(free)) free++;
	for (let age = free - 1; age >= 0; age--) renameSync(logFilePath(path, age), logFilePath(path, age + 1));
}

/** Returns false when there is no older file, or it can't be removed. */
export function removeOldestLogFile(path: string): boolean {
	const oldest = olderAges(path).at(-1);
	if (oldest === undefined) return false;
	try {
		rmSync(logFilePath(path, oldest));
		return true;
	} catch {
		return false;
	}
}
