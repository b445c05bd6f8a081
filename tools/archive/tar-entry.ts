// Converts the header of a tar's member to an entry of the root tree.

import type { TarHeader } from '../../supervisor/image/tar-header.ts';
import type { Entry, HardLinkEntry } from './entry.ts';

/** Returns the entry at `path`. A hard link has no entry of its own. */
export function entryOf(path: string, header: TarHeader, content: () => AsyncIterable<Uint8Array>): Entry {
	const base = baseOf(path, header);
	switch (header.kind) {
		case 'directory':
		case 'fifo':
			return { ...base, kind: header.kind };
		case 'symlink':
			return { ...base, kind: 'symlink', target: header.linkname };
		case 'character':
		case 'block':
			return { ...base, kind: header.kind, major: header.major, minor: header.minor };
		case 'file':
			return { ...base, kind: 'file', sizeBytes: header.sizeBytes, content };
		case 'link':
			throw new Error(`${path}: a hard link is placed with its file, not by itself`);
	}
}

export function hardLinkOf(path: string, target: string, header: TarHeader): HardLinkEntry {
	return { ...baseOf(path, header), kind: 'hardlink', target };
}

function baseOf(path: string, { mode, uid, gid, mtimeSeconds, xattrs }: TarHeader) {
	return { path, mode, uid, gid, mtimeSeconds, ...(xattrs.size === 0 ? {} : { xattrs }) };
}
