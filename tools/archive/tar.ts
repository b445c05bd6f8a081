// Writes a tree as one tar: POSIX ustar, with PAX records (pax(1)) for what ustar can't hold: long or non-ASCII names, large
// owners and sizes, and extended attributes with their exact bytes. The same tree gives the same bytes.

import { checkEntryNumbers, octalField } from '../../supervisor/image/header-numbers.ts';
import { nameToBytes } from '../../supervisor/image/name-bytes.ts';
import { encodePaxRecords, type PaxRecord } from '../../supervisor/image/pax-records.ts';
import { blockBytes, type TarHeader } from '../../supervisor/image/tar-header.ts';
import { SlipwayError } from '../errors.ts';
import type { Entry } from './entry.ts';

const types = {
	file: '0',
	hardlink: '1',
	symlink: '2',
	character: '3',
	block: '4',
	directory: '5',
	fifo: '6',
} as const;

/** The largest numbers of seven and eleven octal digits. */
const maxSmallNumber = 0o7777777;
const maxLargeNumber = 0o77777777777;
const maxNameBytes = 100;

/** Yields the archive with its end mark. Throws for a number that no header can hold, and for a file of another size. */
export async function* tarArchive(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array, void> {
	for await (const entry of entries) {
		yield* headersOf(entry);
		if (entry.kind !== 'file') continue;
		let written = 0;
		for await (const chunk of entry.content()) {
			written += chunk.length;
			yield chunk;
		}
		if (written !== entry.sizeBytes) {
			throw new SlipwayError(
				'BAD_IMAGE',
				`${entry.path} has ${written} bytes, not ${entry.sizeBytes} as announced.`,
			);
		}
		if (written % blockBytes !== 0) yield Buffer.alloc(blockBytes - (written % blockBytes));
	}
	yield Buffer.alloc(2 * blockBytes);
}

/** Yields the blocks before the contents of an entry. */
export function* headersOf(entry: Entry): Generator<Uint8Array, void> {
	checkEntryNumbers(entry, entry.path);
	const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
	const linkname = entry.kind === 'symlink' || entry.kind === 'hardlink' ? entry.target : '';
	const sizeBytes = entry.kind === 'file' ? entry.sizeBytes : 0;
	const pax: PaxRecord[] = [
		...(fits(name) ? [] : [{ key: 'path', value: nameToBytes(name) }]),
		...(fits(linkname) ? [] : [{ key: 'linkpath', value: nameToBytes(linkname) }]),
		...large('size', sizeBytes, maxLargeNumber),
		...large('uid', entry.uid, maxSmallNumber),
		...large('gid', entry.gid, maxSmallNumber),
		...large('mtime', entry.mtimeSeconds, maxLargeNumber),
		...[...(entry.xattrs ?? [])].map(([key, value]) => ({ key: `SCHILY.xattr.${key}`, value })),
	];
	const fields = {
		mode: entry.mode,
		uid: fieldOr0(entry.uid, maxSmallNumber),
		gid: fieldOr0(entry.gid, maxSmallNumber),
		mtimeSeconds: fieldOr0(entry.mtimeSeconds, maxLargeNumber),
	};
	if (pax.length > 0) {
		const records = encodePaxRecords(pax);
		const named = { name: 'PaxHeader', linkname: '', sizeBytes: records.length, major: 0, minor: 0 };
		const where = `${entry.path} (PAX header)`;
		yield header({ ...fields, ...named, type: 'x', uid: 0, gid: 0, mode: 0o644 }, where);
		yield Buffer.concat([records, Buffer.alloc((blockBytes - (records.length % blockBytes)) % blockBytes)]);
	}
	const device = entry.kind === 'block' || entry.kind === 'character' ? entry : { major: 0, minor: 0 };
	const { major, minor } = device;
	yield header(
		{
			...fields,
			name,
			linkname,
			major,
			minor,
			type: types[entry.kind],
			sizeBytes: fieldOr0(sizeBytes, maxLargeNumber),
		},
		entry.path,
	);
}

function fits(name: string): boolean {
	return name.length <= maxNameBytes && /^[\x20-\x7e]*$/.test(name);
}

function large(key: string, value: number, limit: number): PaxRecord[] {
	return value <= limit ? [] : [{ key, value: Buffer.from(String(value)) }];
}

/** Returns 0 for a number that only the PAX record can hold. */
function fieldOr0(value: number, limit: number): number {
	return value <= limit ? value : 0;
}

interface HeaderFields extends Omit<TarHeader, 'kind' | 'xattrs'> {
	readonly type: string;
}

/** A name that is too long for its field has a PAX record as well and is cut here. */
function header(fields: HeaderFields, where: string): Buffer {
	const block = Buffer.alloc(blockBytes);
	const put = (
		field: 'mode' | 'uid' | 'gid' | 'sizeBytes' | 'mtimeSeconds' | 'major' | 'minor',
		at: number,
		digits: number,
	) => block.write(octalField(fields[field], digits, field, where), at, 'latin1');
	block.write(fields.name, 0, maxNameBytes);
	put('mode', 100, 7);
	put('uid', 108, 7);
	put('gid', 116, 7);
	put('sizeBytes', 124, 11);
	put('mtimeSeconds', 136, 11);
	block.write('        ', 148);
	block.write(fields.type, 156);
	block.write(fields.linkname, 157, maxNameBytes);
	block.write('ustar\x0000', 257);
	put('major', 329, 7);
	put('minor', 337, 7);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octalField(sum, 6, 'checksum', where)}\0 `, 148);
	return block;
}
