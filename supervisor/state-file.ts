// Small JSON files that outlive a crash of PID 1. Written aside and renamed, so that a reader sees the old
// state or the new one and never half of one; no fsync, for `/run` is memory.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The file's value, or null where there is none or it can't be read: then the state is unknown. */
export function readStateFile(path: string): unknown {
	try {
		const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
		return value;
	} catch {
		return null;
	}
}

export function writeStateFile(path: string, value: unknown): void {
	const aside = `${path}.new`;
	const text = `${JSON.stringify(value)}\n`;
	try {
		writeFileSync(aside, text, { mode: 0o600 });
	} catch {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(aside, text, { mode: 0o600 });
	}
	renameSync(aside, path);
}

export function removeStateFile(path: string): void {
	rmSync(path, { force: true });
}
