// `mkdir -p`, because Node's own may never return: `mkdirSync('/proc/a/b', { recursive: true })` spins for ever
// (v26; mkdir(2) in /proc says ENOENT although the parent is there), and would take PID 1 with it.

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './has-code.ts';

/** Idempotent, also where others make the same. Throws the file system's own error, also ENOTDIR and EEXIST when a file is in the way. */
export function makeFolder(path: string, mode = 0o755): void {
	try {
		makeOne(path, mode);
	} catch (error) {
		const parent = dirname(path);
		if (!hasCode(error, 'ENOENT') || parent === path) throw error;
		makeFolder(parent, mode);
		makeOne(path, mode);
	}
}

function makeOne(path: string, mode: number): void {
	try {
		mkdirSync(path, { mode });
	} catch (error) {
		if (!hasCode(error, 'EEXIST') || !statSync(path).isDirectory()) throw error;
	}
}
