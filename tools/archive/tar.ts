// The root tree as one tar: POSIX ustar, with PAX records (pax(1)) for all that it can't hold: long or non-ASCII
// names, large owners and sizes, extended attributes with their exact bytes. The same tree gives the same bytes.

import { SlipwayError } from '../errors.ts';
import type { Entry } from './entry.ts';
import { nameToBytes } from './name-bytes.ts';
import { encodePaxRecords, type PaxRecord } from './pax.ts';
import { blockBytes } from './tar-header.ts';

const types = {
	file: '0',
	hardlink: '1',
	symlink: '2',
	character: '3',
	block: '4',
	directory: '5',
	fifo: '6',
} as const;

/** What seven and eleven octal digits hold. */
const maxSmallNumber = 0o7777777;
const maxLargeNumber = 0o77777777777;
const maxNameBytes = 100;

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

function* headersOf(entry: Entry): Generator<Uint8Array, void> {
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
	const fields = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtimeSeconds: entry.mtimeSeconds };
	if (pax.length > 0) {
		const records = encodePaxRecords(pax);
		const named = { name: 'PaxHeader', linkname: '', sizeBytes: records.length, major: 0, minor: 0 };
		yield header({ ...fields, ...named, type: 'x', uid: 0, gid: 0, mode: 0o644 });
		yield Buffer.concat([records, Buffer.alloc((blockBytes - (records.length % blockBytes)) % blockBytes)]);
	}
	const device = entry.kind === 'block' || entry.kind === 'character' ? entry : { major: 0, minor: 0 };
	const { major, minor } = device;
	yield header({ ...fields, name, linkname, sizeBytes, major, minor, type: types[entry.kind] });
}

function fits(name: string): boolean {
	return name.length <= maxNameBytes && /^[\x20-\x7e]*$/.test(name);
}

function large(key: string, value: number, limit: number): PaxRecord[] {
	return value <= limit ? [] : [{ key, value: Buffer.from(String(value)) }];
}

interface HeaderFields {
	readonly name: string;
	readonly type: string;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
	readonly sizeBytes: number;
	readonly linkname: string;
	readonly major: number;
	readonly minor: number;
}

/** A name or number that is too large for its field has a PAX record besides, and is cut or 0 here. */
function header(fields: HeaderFields): Buffer {
	const block = Buffer.alloc(blockBytes);
	const octal = (value: number, digits: number): string => {
		const text = value.toString(8).padStart(digits, '0');
		return text.length > digits ? '0'.repeat(digits) : text;
	};
	block.write(fields.name, 0, maxNameBytes);
	block.write(octal(fields.mode, 7), 100);
	block.write(octal(fields.uid, 7), 108);
	block.write(octal(fields.gid, 7), 116);
	block.write(octal(fields.sizeBytes, 11), 124);
	block.write(octal(fields.mtimeSeconds, 11), 136);
	block.write('        ', 148);
	block.write(fields.type, 156);
	block.write(fields.linkname, 157, maxNameBytes);
	block.write('ustar\x0000', 257);
	block.write(octal(fields.major, 7), 329);
	block.write(octal(fields.minor, 7), 337);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octal(sum, 6)}\0 `, 148);
	return block;
}
