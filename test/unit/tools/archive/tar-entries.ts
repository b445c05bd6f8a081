// Entries of every kind, and the tar archive of them.

import type { Entry, HardLinkEntry } from '../../../../tools/archive/entry.ts';
import { tarArchive } from '../../../../tools/archive/tar.ts';

export const base = { uid: 0, gid: 0, mtimeSeconds: 1492533000, mode: 0o644 };
export const longName = `d/${'n'.repeat(150)}`;
const capability = Buffer.from('0100000280200000000000000000000000000000', 'hex');

export function file(path: string, body: string, more: Partial<Entry> = {}): Entry {
	const content = async function* () {
		yield Buffer.from(body);
	};
	return { ...base, kind: 'file', path, sizeBytes: Buffer.byteLength(body), content, ...more } as Entry;
}

const link: HardLinkEntry = { ...base, kind: 'hardlink', path: 'd/two', target: 'd/one' };

export const entries: Entry[] = [
	{ ...base, kind: 'directory', path: 'd', mode: 0o1777 },
	file('d/one', 'shared', { links: [link], mode: 0o4755, uid: 7, gid: 8 } as Partial<Entry>),
	{ ...link, uid: 7, gid: 8, mode: 0o4755 },
	file(longName, 'long'),
	file('d/é', 'x'.repeat(1000), { uid: 3_000_000, gid: 2_097_152 }),
	{ ...base, kind: 'symlink', path: 'd/link', target: `/${'t'.repeat(120)}`, mode: 0o777 },
	{ ...base, kind: 'character', path: 'd/console', major: 5, minor: 1, mode: 0o600 },
	{ ...base, kind: 'block', path: 'd/vda', major: 254, minor: 16, mode: 0o660 },
	{ ...base, kind: 'fifo', path: 'd/fifo', mode: 0o622 },
	file('d/ping', 'p', { xattrs: new Map([['security.capability', capability]]) }),
];

export async function archive(list: readonly Entry[]): Promise<Buffer> {
	const parts: Uint8Array[] = [];
	const stream = async function* () {
		yield* list;
	};
	for await (const part of tarArchive(stream())) parts.push(part);
	return Buffer.concat(parts);
}
