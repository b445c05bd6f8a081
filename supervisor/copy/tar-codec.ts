// The tar of `service tar` and `slipway cp`: POSIX ustar with PAX records for what ustar can't hold (pax(1)). The reader is for the guest,
// and knows only what this writer writes; supervisor/image has the reader of any tar.

import { type CopiedFile, CopyError, shownName } from './copied-file.ts';

const blockBytes = 512;
/** The records of one member: two names of PATH_MAX, and numbers. */
const maxPaxBytes = 16 * 1024;
const maxFieldBytes = 100;
/** The largest numbers of seven and eleven octal digits. */
const maxSmall = 0o7777777;
const maxLarge = 0o77777777777;

const types = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
const kinds: Readonly<Record<string, CopiedFile['kind']>> = {
	'0': 'file',
	'1': 'link',
	'2': 'symlink',
	'5': 'directory',
};

export const endOfTar = Buffer.alloc(2 * blockBytes);

export function paddingOf(sizeBytes: number): number {
	return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

/** Throws for a device or a FIFO. */
export function encodeTarHeader(file: CopiedFile): Buffer {
	const { kind, mtimeSeconds, sizeBytes, uid, gid } = file;
	if (kind === 'character' || kind === 'block' || kind === 'fifo') throw notCopied(file);
	const name = kind === 'directory' && !file.name.endsWith('/') ? `${file.name}/` : file.name;
	const linkname = kind === 'symlink' || kind === 'link' ? file.linkname : '';
	const records = [
		...(name.length > maxFieldBytes ? [paxRecord('path', name)] : []),
		...(linkname.length > maxFieldBytes ? [paxRecord('linkpath', linkname)] : []),
		...(sizeBytes > maxLarge ? [paxRecord('size', String(sizeBytes))] : []),
		...(uid > maxSmall ? [paxRecord('uid', String(uid))] : []),
		...(gid > maxSmall ? [paxRecord('gid', String(gid))] : []),
	].join('');
	const main = header({ ...file, name, linkname }, types[kind]);
	if (records === '') return main;
	const pax = { name: 'PaxHeader', mode: 0o644, uid: 0, gid: 0, mtimeSeconds, linkname: '' };
	return Buffer.concat([
		header({ ...pax, sizeBytes: records.length }, 'x'),
		Buffer.from(records, 'latin1'),
		Buffer.alloc(paddingOf(records.length)),
		main,
	]);
}

export function notCopied({ name, kind }: CopiedFile): CopyError {
	const what = kind === 'fifo' ? 'FIFO' : `${kind} device`;
	return new CopyError(`${shownName(name)} is a ${what}, which is not copied.`);
}

/** Names and numbers that are cut here have a PAX record. */
function header(fields: Omit<CopiedFile, 'kind'>, type: string): Buffer {
	const block = Buffer.alloc(blockBytes);
	const octal = (value: number, at: number, digits: number): void => {
		const fits = value < 8 ** digits ? Math.max(0, Math.floor(value)) : 0;
		block.write(fits.toString(8).padStart(digits, '0'), at, digits, 'latin1');
	};
	block.write(fields.name, 0, maxFieldBytes, 'latin1');
	octal(fields.mode & 0o7777, 100, 7);
	octal(fields.uid, 108, 7);
	octal(fields.gid, 116, 7);
	octal(fields.sizeBytes, 124, 11);
	octal(fields.mtimeSeconds, 136, 11);
	block.write('        ', 148);
	block.write(type, 156);
	block.write(fields.linkname, 157, maxFieldBytes, 'latin1');
	block.write('ustar\x0000', 257);
	octal(checksum(block), 148, 6);
	block.write('\0 ', 154);
	return block;
}

function checksum(block: Buffer): number {
	return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function paxRecord(key: string, value: string): string {
	const rest = ` ${key}=${value}\n`;
	let { length } = rest;
	while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
	return `${length}${rest}`;
}

/** The largest number of a user: chown(2) takes the next one for "as it is". */
const maxId = 2 ** 32 - 2;

/** A member, and its contents, which may be read once before the next member is requested. */
export interface TarPart {
	readonly header: CopiedFile;
	content(): AsyncIterable<Uint8Array>;
}

/** Yields the members up to the end mark. Throws for anything else. */
export async function* readTar(input: AsyncIterable<Uint8Array>): AsyncGenerator<TarPart, void> {
	const read = pieceReader(input);
	const exactly = async (bytes: number): Promise<Buffer> => {
		const pieces: Buffer[] = [];
		for (let left = bytes; left > 0; ) {
			const piece = await read(left);
			if (piece.length === 0) throw new CopyError('The tar ends too early.');
			pieces.push(piece);
			left -= piece.length;
		}
		return Buffer.concat(pieces);
	};
	let pax: ReadonlyMap<string, string> = new Map();
	for (;;) {
		const block = await exactly(blockBytes);
		if (block.every((byte) => byte === 0)) return;
		if (numberAt(block, 148, 8) !== checksum(block)) throw new CopyError('The input is not a tar.');
		if (block[156] === 0x78) {
			const size = numberAt(block, 124, 12);
			if (size > maxPaxBytes) throw new CopyError(`A header of the tar has ${size} bytes of names.`);
			pax = paxFields((await exactly(size + paddingOf(size))).toString('latin1', 0, size));
			continue;
		}
		const file = decode(block, pax);
		pax = new Map();
		let left = file.sizeBytes;
		yield {
			header: file,
			async *content() {
				while (left > 0) {
					const piece = await read(left);
					if (piece.length === 0)
						throw new CopyError(`The tar ends in the middle of ${shownName(file.name)}.`);
					left -= piece.length;
					yield piece;
				}
			},
		};
		while (left > 0) left -= (await exactly(Math.min(left, 64 * 1024))).length;
		await exactly(paddingOf(file.sizeBytes));
	}
}

function decode(block: Buffer, pax: ReadonlyMap<string, string>): CopiedFile {
	const name = pax.get('path') ?? textAt(block, 0, maxFieldBytes);
	const type = String.fromCharCode(block[156] ?? 0);
	const kind = kinds[type];
	if (kind === undefined) throw new CopyError(`${shownName(name)} is of the type ${JSON.stringify(type)}.`);
	const number = (key: string, at: number, length: number, max = Number.MAX_SAFE_INTEGER): number => {
		const value = Number(pax.get(key) ?? numberAt(block, at, length));
		if (!Number.isSafeInteger(value) || value < 0 || value > max)
			throw new CopyError(`${shownName(name)} has a wrong ${key}.`);
		return value;
	};
	return {
		name,
		kind,
		mode: numberAt(block, 100, 8) & 0o7777,
		uid: number('uid', 108, 8, maxId),
		gid: number('gid', 116, 8, maxId),
		mtimeSeconds: numberAt(block, 136, 12),
		sizeBytes: kind === 'file' ? number('size', 124, 12) : 0,
		linkname: pax.get('linkpath') ?? textAt(block, 157, maxFieldBytes),
	};
}

function paxFields(text: string): Map<string, string> {
	const fields = new Map<string, string>();
	for (let at = 0; at < text.length; ) {
		const [whole = '', length = '', key = ''] = /^(\d{1,5}) ([^=\n]+)=/.exec(text.slice(at, at + 64)) ?? [];
		const end = at + Number(length);
		if (whole === '' || end <= at + whole.length - 1 || end > text.length || text[end - 1] !== '\n')
			throw new CopyError('A header of the tar is damaged.');
		fields.set(key, text.slice(at + whole.length, end - 1));
		at = end;
	}
	return fields;
}

/** Octal digits, or in the format of GNU tar a number of bytes after a first bit. */
function numberAt(block: Buffer, at: number, length: number): number {
	const [first = 0, ...rest] = block.subarray(at, at + length);
	if (first >= 0x80) return rest.reduce((value, byte) => value * 256 + byte, first & 0x7f);
	const digits = block.toString('latin1', at, at + length).replace(/[\0 ].*$/s, '');
	return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : 0;
}

function textAt(block: Buffer, at: number, length: number): string {
	return block.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

/** Returns a function that reads some bytes, at most so many; none at the end. */
function pieceReader(input: AsyncIterable<Uint8Array>): (maxBytes: number) => Promise<Buffer> {
	const pieces = input[Symbol.asyncIterator]();
	let rest: Buffer = Buffer.alloc(0);
	return async (maxBytes) => {
		while (rest.length === 0) {
			const { value, done } = await pieces.next();
			if (done === true) return rest;
			rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		}
		const piece = rest.subarray(0, maxBytes);
		rest = rest.subarray(piece.length);
		return piece;
	};
}
