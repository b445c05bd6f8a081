// Tars made block by block, as only a fuzzer or an attacker writes them; test/helpers/tar.ts makes the usual ones.

const blockBytes = 512;

export interface HeaderFields {
	readonly name?: string | Buffer;
	readonly mode?: number;
	readonly size?: number;
	readonly type?: string;
	readonly linkname?: string;
	/** What else is at an offset of the header. */
	readonly at?: Readonly<Record<number, string | Buffer>>;
}

export function header(fields: HeaderFields): Buffer {
	const block = Buffer.alloc(blockBytes);
	const put = (value: string | Buffer, offset: number): void => {
		block.set(Buffer.from(value), offset);
	};
	put(fields.name ?? 'x', 0);
	put((fields.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
	put('0000000', 108);
	put('0000000', 116);
	put((fields.size ?? 0).toString(8).padStart(11, '0'), 124);
	put('00000000000', 136);
	put(fields.type ?? '0', 156);
	put(fields.linkname ?? '', 157);
	put('ustar\x0000', 257);
	put('0000001', 329);
	put('0000003', 337);
	for (const [offset, value] of Object.entries(fields.at ?? {})) put(value, Number(offset));
	return withChecksum(block);
}

/** Returns the header of a file, and its bytes. */
export function file(name: string, content: string | Buffer, fields: HeaderFields = {}): Buffer {
	const bytes = Buffer.from(content);
	return Buffer.concat([header({ name, size: bytes.length, ...fields }), padded(bytes)]);
}

export function padded(bytes: Buffer): Buffer {
	return Buffer.concat([bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)]);
}

/** A PAX header of the type `x`, or `g` for all that follows. */
export function pax(records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer {
	const bytes = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
	return Buffer.concat([header({ name: 'pax', type, size: bytes.length }), padded(bytes)]);
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
export function paxRecord(key: string, value: string | Buffer): Buffer {
	const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
	let length = rest.length;
	while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
	return Buffer.concat([Buffer.from(String(length)), rest]);
}

export function tar(...members: readonly Buffer[]): Buffer {
	return Buffer.concat([...members, Buffer.alloc(2 * blockBytes)]);
}

/** Makes the checksums right of all blocks that look like headers. */
export function withChecksums(bytes: Buffer): Buffer {
	const mended = Buffer.from(bytes);
	for (let at = 0; at + blockBytes <= mended.length; at += blockBytes) {
		const block = mended.subarray(at, at + blockBytes);
		if (block.toString('latin1', 257, 262) === 'ustar') withChecksum(block);
	}
	return mended;
}

function withChecksum(block: Buffer): Buffer {
	block.fill(0x20, 148, 156);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return block;
}

/** Yields the bytes in pieces that end within blocks. */
export async function* inPieces(bytes: Buffer, pieceBytes = 700): AsyncGenerator<Uint8Array, void> {
	for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Tars that have each kind of member and of extension. */
export function tarSeeds(): Buffer[] {
	const sparse = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 's' };
	const oldSparse = { 257: 'ustar  \0', 386: '00000001000\0', 398: '00000000005\0', 483: '00000002000\0' };
	return [
		tar(
			file('a', 'hello'),
			file('d/b', 'x'.repeat(600)),
			header({ name: 'd/', type: '5' }),
			header({ name: 'l', type: '2', linkname: '../x' }),
			header({ name: 'h', type: '1', linkname: 'a' }),
			header({ name: 'c', type: '3' }),
			header({ name: 'b', type: '4' }),
			header({ name: 'f', type: '6' }),
		),
		tar(
			pax({ path: 'long/name', size: '5', mtime: '1.5', 'SCHILY.xattr.user.a': 'b', uid: '7' }),
			file('q', 'hello'),
		),
		tar(pax({ linkpath: '/etc' }), header({ name: 'l', type: '2' }), file('l/x', 'y')),
		tar(file('././@LongLink', 'abc/d\0', { type: 'L' }), file('q', 'z')),
		tar(file('././@LongLink', 'abc/d\0', { type: 'K' }), header({ name: 'q', type: '2' })),
		tar(file('a', '1'), file('.wh.a', ''), file('d/.wh..wh..opq', '')),
		tar(pax({ path: 'g', mtime: '12' }, 'g'), file('q', 'z')),
		tar(
			pax({ ...sparse, 'GNU.sparse.realsize': '2000' }),
			file('q', Buffer.concat([Buffer.from('1\n1000\n5\n'.padEnd(512, '\0')), Buffer.from('hello')])),
		),
		tar(
			pax({ 'GNU.sparse.size': '2000', 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '1000,5' }),
			file('q', 'hello'),
		),
		tar(file('s', 'hello', { type: 'S', at: oldSparse })),
		tar(
			file('n', 'x', {
				at: { 108: Buffer.from('8000000000000005', 'hex'), 329: Buffer.from('8000000000000005', 'hex') },
			}),
		),
	];
}

/** What members are named, and the keys of PAX records. */
export const tarWords: readonly (string | Buffer)[] = [
	...['../', '/', './', '.wh.', '.wh..wh..opq', 'etc', 'dev', 'proc', 'sys', 'etc/hosts', 'etc/resolv.conf'],
	...[
		'TRAILER!!!',
		'././@LongLink',
		'ustar\0',
		'12 path=',
		' linkpath=',
		' size=',
		' uid=',
		' gid=',
		' mtime=',
	],
	...[
		' SCHILY.xattr.',
		' GNU.sparse.',
		'offset',
		'numbytes',
		'numblocks',
		'map',
		'size',
		'realsize',
		'major',
	],
	Buffer.from([0x80, 0, 0, 0]),
	Buffer.from([0xff, 0xff, 0xff, 0xff]),
	Buffer.alloc(512),
	Buffer.alloc(1024),
];
