// Headers of HTTP/2, and their Huffman code. What we encode is read back.

import { decodeHeaders, encodeHeaders } from '../../../supervisor/containerd/http2/hpack.ts';
import { Http2Error } from '../../../supervisor/containerd/http2/http2-error.ts';
import { decodeHuffman } from '../../../supervisor/containerd/http2/huffman.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';

export const target: FuzzTarget = {
	seeds: [
		encodeHeaders([
			[':status', '200'],
			['grpc-message', 'x'.repeat(200)],
		]),
		Buffer.from('48033230308286', 'hex'),
		// RFC 7541, C.6.1 and C.4.1.
		Buffer.from('488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff', 'hex'),
		Buffer.from('828684418cf1e3c2e5f23a6ba0ab90f4ff', 'hex'),
		Buffer.from('2088', 'hex'),
	],
	declares: (error) => error instanceof Http2Error,
	run(input) {
		const text = decodeHuffman(input);
		if (text !== null && text.length > Math.ceil((input.length * 8) / 5))
			throw new Violation('a text longer than its code');
		const headers = decodeHeaders(input);
		const again = decodeHeaders(encodeHeaders(headers));
		if (JSON.stringify(again) !== JSON.stringify(headers))
			throw new Violation('other headers when read back');
	},
};
