// HPACK (RFC 7541) without a dynamic table: SETTINGS_HEADER_TABLE_SIZE 0 forbids it to the server, and the client uses none.

import { Http2Error } from './http2-error.ts';
import { decodeHuffman } from './huffman.ts';

/** A name in lower case and a value. */
export type Header = readonly [name: string, value: string];

/** Encodes each header as a literal without indexing and Huffman coding, which is simple and good enough for a local socket. */
export function encodeHeaders(headers: readonly Header[]): Buffer {
	return Buffer.concat(
		headers.flatMap(([name, value]) => [Buffer.of(0), encodeText(name), encodeText(value)]),
	);
}

function encodeText(text: string): Buffer {
	const bytes = Buffer.from(text, 'utf8');
	return Buffer.concat([encodeInteger(bytes.length, 7), bytes]);
}

/** Encodes a number by section 5.1, with zeros in the bits before the prefix. */
function encodeInteger(value: number, prefixBits: number): Buffer {
	const most = 2 ** prefixBits - 1;
	if (value < most) return Buffer.of(value);
	const bytes = [most];
	let rest = value - most;
	for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
	return Buffer.from([...bytes, rest]);
}

/** Throws `Http2Error` when the block does not conform to section 6. */
export function decodeHeaders(block: Buffer): readonly Header[] {
	const reader = new BlockReader(block);
	const headers: Header[] = [];
	while (!reader.isAtEnd()) {
		const byte = reader.peek();
		if (byte & 0x80) headers.push(entryAt(reader.integer(7)));
		// Incremental indexing into a table of size 0 has no effect.
		else if (byte & 0x40) headers.push(literal(reader, 6));
		else if (byte & 0x20) forbidTable(reader.integer(5));
		else headers.push(literal(reader, 4));
	}
	return headers;
}

function literal(reader: BlockReader, prefixBits: number): Header {
	const index = reader.integer(prefixBits);
	const name = index === 0 ? reader.text() : entryAt(index)[0];
	return [name, reader.text()];
}

function forbidTable(sizeBytes: number): void {
	if (sizeBytes > 0)
		throw new Http2Error('COMPRESSION_ERROR', 'the server uses a dynamic table, which the settings forbid');
}

function entryAt(index: number): Header {
	const entry = staticTable[index - 1];
	if (entry === undefined) throw new Http2Error('COMPRESSION_ERROR', `there is no header of index ${index}`);
	return entry;
}

/** Larger than any header; numbers of more bits would not be exact. */
const longestInteger = 2 ** 28;

class BlockReader {
	readonly #block: Buffer;
	#at = 0;

	constructor(block: Buffer) {
		this.#block = block;
	}

	isAtEnd(): boolean {
		return this.#at >= this.#block.length;
	}

	peek(): number {
		return this.#block[this.#at] ?? 0;
	}

	integer(prefixBits: number): number {
		const most = 2 ** prefixBits - 1;
		let value = this.#next() & most;
		if (value < most) return value;
		for (let factor = 1; ; factor *= 128) {
			const byte = this.#next();
			value += (byte & 127) * factor;
			if (value > longestInteger)
				throw new Http2Error('COMPRESSION_ERROR', 'a number in a header is too large');
			if (byte < 128) return value;
		}
	}

	text(): string {
		const isHuffman = (this.peek() & 0x80) !== 0;
		const length = this.integer(7);
		const bytes = this.#block.subarray(this.#at, this.#at + length);
		this.#at += length;
		const text = bytes.length < length ? null : isHuffman ? decodeHuffman(bytes) : bytes;
		if (text === null) throw new Http2Error('COMPRESSION_ERROR', 'a text in a header is damaged');
		return text.toString('utf8');
	}

	#next(): number {
		const byte = this.#block[this.#at];
		if (byte === undefined) throw new Http2Error('COMPRESSION_ERROR', 'the headers are cut short');
		this.#at += 1;
		return byte;
	}
}

const valuesOf = (name: string, ...values: readonly string[]): Header[] =>
	values.map((value) => [name, value]);

/** Appendix A. */
const staticTable: readonly Header[] = [
	[':authority', ''],
	...valuesOf(':method', 'GET', 'POST'),
	...valuesOf(':path', '/', '/index.html'),
	...valuesOf(':scheme', 'http', 'https'),
	...valuesOf(':status', '200', '204', '206', '304', '400', '404', '500'),
	['accept-charset', ''],
	['accept-encoding', 'gzip, deflate'],
	...[
		...[
			'accept-language',
			'accept-ranges',
			'accept',
			'access-control-allow-origin',
			'age',
			'allow',
			'authorization',
		],
		...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length'],
		...[
			'content-location',
			'content-range',
			'content-type',
			'cookie',
			'date',
			'etag',
			'expect',
			'expires',
			'from',
		],
		...['host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since'],
		...[
			'last-modified',
			'link',
			'location',
			'max-forwards',
			'proxy-authenticate',
			'proxy-authorization',
			'range',
		],
		...['referer', 'refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security'],
		...['transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'],
	].map((name): Header => [name, '']),
];
