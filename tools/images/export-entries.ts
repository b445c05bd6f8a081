// The members of an exported archive. Owner, mode and time are always the same, so the same images give the same bytes.

import type { DirectoryEntry, FileEntry } from '../archive/entry.ts';

const fields = { uid: 0, gid: 0, mtimeSeconds: 0 } as const;

export function archiveFile(
	path: string,
	sizeBytes: number,
	content: () => AsyncIterable<Uint8Array>,
): FileEntry {
	return { ...fields, kind: 'file', mode: 0o644, path, sizeBytes, content };
}

export function archiveJson(path: string, value: unknown): FileEntry {
	const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
	return archiveFile(path, bytes.length, async function* () {
		yield bytes;
	});
}

export function archiveFolder(path: string): DirectoryEntry {
	return { ...fields, kind: 'directory', mode: 0o755, path };
}
