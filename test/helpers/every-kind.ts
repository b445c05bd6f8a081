// Files of every kind, with what file systems keep of them in different ways: owners of more than 16 bits, large device numbers,
// attributes, several names.

import type { Entry } from '../../tools/archive/entry.ts';
import { bytesOf } from './tar.ts';

export const everyKindAttributes: ReadonlyMap<string, Buffer> = new Map([
	['security.capability', Buffer.from('0100000280200000000000000000000000000000', 'hex')],
	['user.note', Buffer.from([0, 1, 0xff, 10])],
	['trusted.note', Buffer.from('of root')],
]);

export async function* everyKindOfFile(): AsyncGenerator<Entry, void> {
	const common = { uid: 70_000, gid: 4_000_000_000, mtimeSeconds: 1_500_000_000, mode: 0o4751 };
	const bytes = Buffer.alloc(200_000, 'bytes ');
	const file = { ...common, sizeBytes: bytes.length, content: () => bytesOf(bytes) };
	yield { ...common, kind: 'directory', path: 'd', mode: 0o1777 };
	yield { ...file, kind: 'file', path: 'd/ping', xattrs: everyKindAttributes };
	yield { ...common, kind: 'hardlink', path: 'd/same', target: 'd/ping' };
	yield { ...common, kind: 'symlink', path: 'link', target: 'd/ping', mode: 0o777 };
	yield { ...common, kind: 'character', path: 'd/tty', major: 5, minor: 1 };
	yield { ...common, kind: 'block', path: 'd/disk', major: 259, minor: 70_000 };
	yield { ...common, kind: 'fifo', path: 'd/pipe' };
}
