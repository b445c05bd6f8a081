// The root tree as one tar (LinuxKit's `tar` format). Extended attributes stand in PAX records.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type Header, type Pack, pack } from 'tar-stream';
import type { Entry } from '../rootfs/entry.ts';

const types = {
	file: 'file',
	directory: 'directory',
	symlink: 'symlink',
	hardlink: 'link',
	block: 'block-device',
	character: 'character-device',
	fifo: 'fifo',
} as const;

export async function* tarArchive(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array, void> {
	const archive = pack({});
	const writing = writeAll(archive, entries);
	writing.catch((error: Error) => archive.destroy(error));
	yield* archive as AsyncIterable<Uint8Array>;
	await writing;
}

async function writeAll(archive: Pack, entries: AsyncIterable<Entry>): Promise<void> {
	for await (const entry of entries) {
		const sink = archive.entry(headerOf(entry)) as unknown as Writable;
		if (entry.kind === 'file') {
			for await (const chunk of entry.content()) if (!sink.write(chunk)) await once(sink, 'drain');
		}
		sink.end();
	}
	archive.finalize();
}

function headerOf(entry: Entry): Header {
	const pax = Object.fromEntries(
		[...(entry.xattrs ?? [])].map(([name, value]) => [`SCHILY.xattr.${name}`, Buffer.from(value).toString()]),
	);
	return {
		name: entry.kind === 'directory' ? `${entry.path}/` : entry.path,
		mode: entry.mode,
		uid: entry.uid,
		gid: entry.gid,
		mtime: new Date(entry.mtimeSeconds * 1000),
		type: types[entry.kind],
		...(entry.kind === 'file' ? { size: entry.sizeBytes } : { size: 0 }),
		...(entry.kind === 'symlink' || entry.kind === 'hardlink' ? { linkname: entry.target } : {}),
		...(entry.kind === 'block' || entry.kind === 'character'
			? { devmajor: entry.major, devminor: entry.minor }
			: {}),
		...(Object.keys(pax).length === 0 ? {} : { pax }),
	} as Header;
}
