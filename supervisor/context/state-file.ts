// Small JSON files that outlive a crash of PID 1. Written aside and renamed, so that a reader sees the old
// state or the new one and never half of one; no fsync, for `/run` is memory.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';

/** The file's value, or null where there is none or it can't be read: then the state is unknown. */
export function readStateFile(path: string): unknown {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return value;
	} catch {
		return null;
	}
}

/**
 * False when it could not be written (`/run` is full): PID 1 then goes on without, and only a crash of its own
 * would find an older state.
 */
export function writeStateFile(path: string, value: unknown): boolean {
	const aside = `${path}.new`;
	try {
		makeFolder(dirname(path));
		writeFileSync(aside, `${JSON.stringify(value)}\n`, { mode: 0o600 });
		renameSync(aside, path);
		return true;
	} catch {
		return false;
	}
}

export function removeStateFile(path: string): void {
	rmSync(path, { force: true });
}
