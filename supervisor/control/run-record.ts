// PID 1 keeps a record of a container of `service run` in /run, for a PID 1 after a crash: the process of `service` that it is a child of.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFile, writeStateFile } from '../context/state-file.ts';
import { isRecord } from '../contract/json-shape.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';

const file = 'run.json';

export function writeRunRecord(paths: Pick<GuestPaths, 'state'>, name: string, owner: ProcessIdentity): void {
	writeStateFile(join(stateFiles(paths).runs, name, file), { owner });
}

/** Returns null when there is none. */
export function readRunOwner(paths: Pick<GuestPaths, 'state'>, name: string): ProcessIdentity | null {
	const value = readStateFile(join(stateFiles(paths).runs, name, file));
	return isRecord(value) ? asOwner(value['owner']) : null;
}

/** Returns null for what is no process. */
export function asOwner(value: unknown): ProcessIdentity | null {
	if (!isRecord(value)) return null;
	const { pid, startTicks } = value;
	if (!Number.isSafeInteger(pid) || Number(pid) <= 1 || typeof startTicks !== 'string') return null;
	return { pid: Number(pid), startTicks };
}

export function removeRunRecord(paths: Pick<GuestPaths, 'state'>, name: string): void {
	rmSync(join(stateFiles(paths).runs, name), { recursive: true, force: true });
}

/** Returns the names of all directories in a directory, which may be missing. */
export function childFolders(folder: string): string[] {
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
	} catch {
		// No container has run yet.
		return [];
	}
}
