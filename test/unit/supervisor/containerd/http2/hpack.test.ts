import test from 'ava';
import {
	decodeHeaders,
	encodeHeaders,
	type Header,
} from '../../../../../supervisor/containerd/http2/hpack.ts';
import { Http2Error } from '../../../../../supervisor/containerd/http2/http2-error.ts';
import { decodeHuffman } from '../../../../../supervisor/containerd/http2/huffman.ts';

const huffman = test.macro({
	exec(t, hex: string, expected: string | null) {
		t.is(decodeHuffman(Buffer.from(hex, 'hex'))?.toString('latin1') ?? null, expected);
	},
	title: (_, hex, expected) => `decodeHuffman() ${hex} is ${JSON.stringify(expected)}`,
});
// RFC 7541, appendix C.4 and C.6.
test(huffman, 'f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com');
test(huffman, 'a8eb10649cbf', 'no-cache');
test(huffman, '25a849e95bb8e8b4bf', 'custom-value');
test(huffman, 'd07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT');
test(huffman, '9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com');
test(huffman, '', '');
test(huffman, '00', null);
test(huffman, 'ff', null);
test(huffman, 'fffffffc', null);

const blocks = test.macro({
	exec(t, hex: string, expected: readonly Header[]) {
		t.deepEqual(decodeHeaders(Buffer.from(hex, 'hex')), expected);
	},
	title: (_, hex) => `decodeHeaders() ${hex}`,
});
// Appendix C.2.2, C.2.4, and the first examples of C.4 and C.6, which need no table.
test(blocks, '040c2f73616d706c652f70617468', [[':path', '/sample/path']]);
test(blocks, '82', [[':method', 'GET']]);
test(blocks, '828684418cf1e3c2e5f23a6ba0ab90f4ff', [
	[':method', 'GET'],
	[':scheme', 'http'],
	[':path', '/'],
	[':authority', 'www.example.com'],
]);
test(blocks, '2088', [[':status', '200']]);
test(blocks, '5f0130', [['content-type', '0']]);

const damaged = test.macro({
	exec(t, hex: string, message: RegExp) {
		const error = t.throws(() => decodeHeaders(Buffer.from(hex, 'hex')), { instanceOf: Http2Error });
		t.is(error?.code, 'COMPRESSION_ERROR');
		t.regex(error?.message ?? '', message);
	},
	title: (_, hex) => `decodeHeaders() refuses ${hex}`,
});
test(damaged, '80', /no header of index 0/);
test(damaged, 'be', /no header of index 62/);
test(damaged, '3f01', /forbid/);
test(damaged, '0004', /damaged/);
test(damaged, '000161', /cut short/);
test(damaged, '00820000', /damaged/);
test(damaged, 'ffffffffffff7f', /too large/);

test('decodeHeaders() decodes what encodeHeaders() encodes, of any length', (t) => {
	const headers: Header[] = [0, 1, 126, 127, 128, 255, 300, 20_000].map((length) => [
		`x-${length}`,
		'é'.repeat(length),
	]);
	t.deepEqual(decodeHeaders(encodeHeaders(headers)), headers);
});
