// Reads and writes small JSON files in `/run`, which outlive a crash of PID 1.

import { readFileSync, rmSync } from 'node:fs';
import { replaceFile } from '../../native/linux/replace-file.ts';

/** Returns the file's value, or null when it is missing or can't be read: the state is unknown then. */
export function readStateFile(path: string): unknown {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return value;
	} catch {
		return null;
	}
}

/**
 * Returns false when the file can't be written, because `/run` is full. PID 1 continues, and only after a crash it would read
 * an older state.
 */
export function writeStateFile(path: string, value: unknown): boolean {
	try {
		replaceFile(path, `${JSON.stringify(value)}\n`, 0o600);
		return true;
	} catch {
		return false;
	}
}

/** Does nothing when the file is missing. */
export function removeStateFile(path: string): void {
	rmSync(path, { force: true });
}
