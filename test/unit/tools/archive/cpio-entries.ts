// Entries of every kind, and the cpio archive of them.

import { cpioArchive } from '../../../../tools/archive/cpio.ts';
import type { Entry, HardLinkEntry } from '../../../../tools/archive/entry.ts';

export const base = { uid: 0, gid: 0, mtimeSeconds: 1492533000, mode: 0o644 };

export function file(path: string, body: string, more: Partial<Entry> = {}): Entry {
	const content = async function* () {
		yield Buffer.from(body);
	};
	return { ...base, kind: 'file', path, sizeBytes: Buffer.byteLength(body), content, ...more } as Entry;
}

async function* stream(entries: readonly Entry[]) {
	yield* entries;
}

export async function archive(entries: readonly Entry[]): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	for await (const part of cpioArchive(stream(entries))) parts.push(part);
	return Buffer.concat(parts);
}

export const links: HardLinkEntry[] = [
	{ ...base, kind: 'hardlink', path: 'd/two', target: 'd/one' },
	{ ...base, kind: 'hardlink', path: 'd/three', target: 'd/one' },
];

export const entries: Entry[] = [
	{ ...base, kind: 'directory', path: 'd', mode: 0o1777 },
	file('d/one', 'shared', { links, mode: 0o4755, uid: 7, gid: 8 } as Partial<Entry>),
	...links,
	file('d/empty', ''),
	{ ...base, kind: 'symlink', path: 'd/link', target: '/some/where', mode: 0o777 },
	{ ...base, kind: 'character', path: 'd/console', major: 5, minor: 1, mode: 0o600 },
	{ ...base, kind: 'block', path: 'd/vda', major: 254, minor: 16, mode: 0o660 },
	{ ...base, kind: 'fifo', path: 'd/fifo', mode: 0o622 },
	file('d/é', 'ü'),
];
