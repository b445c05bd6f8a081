// A tar header (tar(5), pax: pax(1)) as an entry of the root tree.

import type { Header } from 'tar-stream';
import { SlipwayError } from '../commands/command.ts';
import type { Entry, HardLinkEntry } from './entry.ts';

const xattrPrefix = 'SCHILY.xattr.';

export function entryOf(
	path: string,
	header: Header,
	content: () => AsyncIterable<Uint8Array>,
	what: string,
): Entry {
	const base = baseOf(path, header, what);
	switch (header.type) {
		case 'directory':
			return { ...base, kind: 'directory' };
		case 'symlink':
			return { ...base, kind: 'symlink', target: header.linkname ?? '' };
		case 'character-device':
			return { ...base, kind: 'character', major: header.devmajor ?? 0, minor: header.devminor ?? 0 };
		case 'block-device':
			return { ...base, kind: 'block', major: header.devmajor ?? 0, minor: header.devminor ?? 0 };
		case 'fifo':
			return { ...base, kind: 'fifo' };
		case 'file':
		case 'contiguous-file':
		case null:
		case undefined:
			return { ...base, kind: 'file', sizeBytes: header.size ?? 0, content };
		default:
			throw new SlipwayError(
				'BAD_TAR',
				`${what}: ${header.name} is of the kind "${header.type}", which no system has.`,
			);
	}
}

export function hardLinkOf(path: string, target: string, header: Header): HardLinkEntry {
	return { ...baseOf(path, header, path), kind: 'hardlink', target };
}

function baseOf(path: string, header: Header, what: string) {
	const xattrs = xattrsOf(header, what);
	return {
		path,
		mode: (header.mode ?? 0o644) & 0o7777,
		uid: header.uid ?? 0,
		gid: header.gid ?? 0,
		mtimeSeconds: Math.max(0, Math.floor((header.mtime?.getTime() ?? 0) / 1000)),
		...(xattrs.size === 0 ? {} : { xattrs }),
	};
}

function xattrsOf(header: Header, what: string): Map<string, Uint8Array> {
	const xattrs = new Map<string, Uint8Array>();
	for (const [key, value] of Object.entries(header.pax ?? {})) {
		if (!key.startsWith(xattrPrefix) || typeof value !== 'string') continue;
		// tar-stream decodes the value as UTF-8; what is not UTF-8 is lost, and that must not go unnoticed.
		if (value.includes('\uFFFD')) {
			throw new SlipwayError(
				'BAD_TAR',
				`${what}: the extended attribute ${key.slice(xattrPrefix.length)} of ${header.name} is binary in a way that can't be read.`,
			);
		}
		xattrs.set(key.slice(xattrPrefix.length), Buffer.from(value));
	}
	return xattrs;
}
