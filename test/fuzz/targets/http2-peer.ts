// Our HTTP/2 beside Node's: its server reads the headers and the body that our client sends, and answers with the same,
// cut in its own way. Both ends must have seen the same.

import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { duplexPair } from 'node:stream';
import type { Header } from '../../../supervisor/containerd/http2/hpack.ts';
import { Http2Client } from '../../../supervisor/containerd/http2/http2-client.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

const maxValueBytes = 4000;
const maxHeaders = 20;
const server: Http2Server = createServer({ settings: { maxHeaderListSize: 1 << 20 } });

export const target: FuzzTarget = {
	seeds: [
		'a\nvalue\nb\nother\n\nbody',
		'x-y\n\n\nb',
		`long\n${'v'.repeat(3000)}\n\n${'b'.repeat(100_000)}`,
		'a\n~!?{}|\n\n',
	],
	declares: never,
	async run(input) {
		const { headers, body } = requestOf(input);
		const [ours, theirs] = duplexPair();
		const seen: Header[] = [];
		server.once('stream', (stream: ServerHttp2Stream, given) => {
			for (const [name] of headers) seen.push([name, String(given[name])]);
			stream.respond({ ':status': 200, ...Object.fromEntries(headers) }, { waitForTrailers: true });
			stream.once('wantTrailers', () =>
				stream.sendTrailers({ 'grpc-status': '0', ...Object.fromEntries(headers) }),
			);
			stream.pipe(stream);
		});
		server.emit('connection', theirs);
		const client = new Http2Client(ours);
		const own: Header[] = [
			[':method', 'POST'],
			[':scheme', 'http'],
			[':path', '/'],
			[':authority', 'h'],
		];
		const answer = await client.request([...own, ...headers], body).answer;
		client.close();
		theirs.destroy();
		if (!answer.body.equals(body)) throw new Violation(`${body.length} bytes became ${answer.body.length}`);
		for (const [index, [name, value]] of headers.entries()) {
			const there = seen[index]?.[1];
			if (there !== value)
				throw new Violation(`${name}: Node has read ${JSON.stringify(there)}, not ${JSON.stringify(value)}`);
			const back = answer.headers.get(name);
			if (back !== value)
				throw new Violation(`${name}: came back as ${JSON.stringify(back)}, not ${JSON.stringify(value)}`);
		}
	},
};

/** Lines of names and values up to an empty name, then the body. Only what RFC 9110 allows in a header stays. */
function requestOf(input: Buffer): { readonly headers: readonly Header[]; readonly body: Buffer } {
	const headers = new Map<string, string>();
	let at = 0;
	const line = (): string => {
		const end = input.indexOf(10, at);
		const text = input.toString('latin1', at, end === -1 ? input.length : end);
		at = end === -1 ? input.length : end + 1;
		return text;
	};
	while (at < input.length && headers.size < maxHeaders) {
		const name = line()
			.toLowerCase()
			.replaceAll(/[^a-z0-9!#$%&'*+.^_`|~-]/g, '');
		if (name === '') break;
		const value = line()
			.replaceAll(/[^\x20-\x7e]/g, '')
			.slice(0, maxValueBytes)
			.trim();
		// Node gives some names a meaning, or a list of values.
		headers.set(`x-${name.slice(0, 200)}`, value);
	}
	return { headers: [...headers], body: input.subarray(at) };
}
