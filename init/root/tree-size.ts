// The size of a tree of files when it is copied to a tmpfs, where each file has whole pages.

import { lstatSync, readdirSync } from 'node:fs';

const pageBytes = 4096;

/** Counts a file with several names once, and no other file system that is mounted in the tree. */
export function treeBytes(folder: string): number {
	const { dev } = lstatSync(folder);
	const counted = new Set<number>();
	let bytes = 0;
	const add = (path: string): void => {
		const stats = lstatSync(path);
		if (stats.dev !== dev || counted.has(stats.ino)) return;
		if (stats.nlink > 1 && !stats.isDirectory()) counted.add(stats.ino);
		if (stats.isFile()) bytes += Math.ceil(stats.size / pageBytes) * pageBytes;
		if (stats.isDirectory()) for (const name of readdirSync(path)) add(`${path}/${name}`);
	};
	add(folder);
	return bytes;
}
