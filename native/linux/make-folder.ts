// `mkdir -p`, because Node's own may never return: `mkdirSync('/proc/a/b', { recursive: true })` spins for ever
// (v26; mkdir(2) in /proc says ENOENT although the parent is there), and would take PID 1 with it.

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Idempotent. Throws the file system's own error, also ENOTDIR and EEXIST when a file is in the way. */
export function makeFolder(path: string, mode = 0o755): void {
	try {
		mkdirSync(path, { mode });
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code === 'EEXIST' && statSync(path).isDirectory()) return;
		const parent = dirname(path);
		if (code !== 'ENOENT' || parent === path) throw error;
		makeFolder(parent, mode);
		mkdirSync(path, { mode });
	}
}
