// Small JSON files in `/run` that outlive a crash of PID 1.

import { readFileSync, rmSync } from 'node:fs';
import { replaceFile } from '../../native/linux/replace-file.ts';

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
	try {
		replaceFile(path, `${JSON.stringify(value)}\n`, 0o600);
		return true;
	} catch {
		return false;
	}
}

export function removeStateFile(path: string): void {
	rmSync(path, { force: true });
}
