// Tests with Node's own server, and with handwritten frames that this one never sends.

import { createServer, type Http2Server, type ServerHttp2Stream, type Settings } from 'node:http2';
import { connect, createServer as createSocketServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import {
	encodeFrame,
	frameFlag,
	frameType,
	uint32,
} from '../../../../../supervisor/containerd/http2/frames.ts';
import { encodeHeaders, type Header } from '../../../../../supervisor/containerd/http2/hpack.ts';
import { Http2Client } from '../../../../../supervisor/containerd/http2/http2-client.ts';
import { Http2Error } from '../../../../../supervisor/containerd/http2/http2-error.ts';
import { scratchFolder } from '../../../../helpers/scratch-folder.ts';

const headers: readonly Header[] = [
	[':method', 'POST'],
	[':scheme', 'http'],
	[':path', '/x'],
	[':authority', 'localhost'],
];
const nothing = new Uint8Array(0);

async function connected(t: ExecutionContext, path: string): Promise<Http2Client> {
	const socket = connect(path);
	await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
	const client = new Http2Client(socket);
	t.teardown(() => client.close());
	return client;
}

async function served(
	t: ExecutionContext,
	answer: (stream: ServerHttp2Stream, body: Buffer) => void,
	settings: Settings = {},
): Promise<{ client: Http2Client; server: Http2Server }> {
	const server = createServer({ settings });
	server.on('stream', (stream: ServerHttp2Stream) => {
		stream.on('error', () => {});
		void buffer(stream).then((body) => answer(stream, body));
	});
	const path = join(scratchFolder(), 's');
	await new Promise<void>((resolve) => void server.listen(path, resolve));
	t.teardown(() => server.close());
	return { client: await connected(t, path), server };
}

/** A server that sends the given frames after the preface and the settings. */
async function speaking(t: ExecutionContext, ...frames: readonly Uint8Array[]): Promise<Http2Client> {
	const sockets = new Set<Socket>();
	const server = createSocketServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.once('data', () => {
			socket.write(Buffer.concat([encodeFrame(frameType.SETTINGS, 0, 0, nothing), ...frames]));
		});
	});
	const path = join(scratchFolder(), 's');
	await new Promise<void>((resolve) => void server.listen(path, resolve));
	t.teardown(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return await connected(t, path);
}

test('request() sends and reads more than the windows and frames allow at once', async (t) => {
	const { client } = await served(t, (stream, body) => {
		stream.respond({ ':status': 200 });
		stream.end(body);
	});
	const body = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251));
	const answers = await Promise.all([1, 2, 3].map(() => client.request(headers, body).answer));
	for (const answer of answers) t.true(answer.body.equals(body));
	t.is(answers[0]?.headers.get(':status'), '200');
});

test('request() reads headers in several frames, and trailers', async (t) => {
	const long = 'y'.repeat(40_000);
	const { client } = await served(t, (stream) => {
		stream.respond({ ':status': 200, 'x-long': long }, { waitForTrailers: true });
		stream.on('wantTrailers', () => stream.sendTrailers({ 'x-last': 'z' }));
		stream.end();
	});
	const { headers: got } = await client.request(headers, nothing).answer;
	t.is(got.get('x-long'), long);
	t.is(got.get('x-last'), 'z');
});

test('request() waits when the server limits the number of streams', async (t) => {
	let open = 0;
	let most = 0;
	const settings = { maxConcurrentStreams: 2 };
	const { client } = await served(
		t,
		(stream) => {
			open += 1;
			most = Math.max(most, open);
			setImmediate(() => {
				open -= 1;
				stream.respond({ ':status': 200 }, { endStream: true });
			});
		},
		settings,
	);
	// The first answer arrives after the settings.
	await client.request(headers, nothing).answer;
	await Promise.all(Array.from({ length: 20 }, () => client.request(headers, Buffer.from('x')).answer));
	t.is(most, 2);
});

test('cancel() resets the stream', async (t) => {
	const asked = Promise.withResolvers<ServerHttp2Stream>();
	const { client } = await served(t, (stream) => asked.resolve(stream));
	const request = client.request(headers, Buffer.from('x'));
	const stream = await asked.promise;
	const closed = new Promise<void>((resolve) => void stream.once('close', resolve));
	request.cancel();
	request.cancel();
	const error = await t.throwsAsync(request.answer, { instanceOf: Http2Error });
	t.is((error as Http2Error).code, 'CANCEL');
	await closed;
	t.is(stream.rstCode, 8);
});

test('a server that closes cleanly answers running requests; later ones fail', async (t) => {
	const { client } = await served(t, (stream) => {
		stream.respond({ ':status': 200 });
		stream.session?.close();
		stream.end('last');
	});
	t.is((await client.request(headers, nothing).answer).body.toString(), 'last');
	await client.closed;
	await t.throwsAsync(client.request(headers, nothing).answer, { instanceOf: Http2Error });
});

test('a ping is answered', async (t) => {
	const pong = Promise.withResolvers<void>();
	const { client, server } = await served(t, (stream) => {
		stream.session?.ping((error) => (error === null ? pong.resolve() : pong.reject(error)));
		stream.respond({ ':status': 200 }, { endStream: true });
	});
	await client.request(headers, nothing).answer;
	await pong.promise;
	t.true(server.listening);
});

const ok = encodeHeaders([[':status', '200']]);

test('padding, priorities and frames of unknown types are ignored', async (t) => {
	const padded = Buffer.concat([Buffer.of(3), Buffer.from([0, 0, 0, 0, 1]), ok, Buffer.alloc(3)]);
	const client = await speaking(
		t,
		encodeFrame(frameType.HEADERS, frameFlag.END_HEADERS | frameFlag.PADDED | frameFlag.PRIORITY, 1, padded),
		encodeFrame(99, 0, 1, Buffer.from('?')),
		encodeFrame(
			frameType.DATA,
			frameFlag.PADDED,
			1,
			Buffer.concat([Buffer.of(2), Buffer.from('ab'), Buffer.alloc(2)]),
		),
		encodeFrame(frameType.DATA, frameFlag.END_STREAM, 1, Buffer.from('c')),
	);
	t.is((await client.request(headers, nothing).answer).body.toString(), 'abc');
});

const breaches = test.macro({
	async exec(t, code: string, ...frames: readonly Uint8Array[]) {
		const client = await speaking(t, ...frames);
		const error = await t.throwsAsync(client.request(headers, nothing).answer, { instanceOf: Http2Error });
		t.is((error as Http2Error).code, code as Http2Error['code']);
		await client.closed;
	},
	title: (name) => `the connection ends: ${name ?? ''}`,
});
const frame = encodeFrame;
test(
	'a frame that is too long',
	breaches,
	'FRAME_SIZE_ERROR',
	frame(frameType.DATA, 0, 1, Buffer.alloc(16_385)),
);
test(
	'padding longer than its frame',
	breaches,
	'PROTOCOL_ERROR',
	frame(frameType.DATA, frameFlag.PADDED, 1, Buffer.of(9, 0)),
);
test(
	'a push',
	breaches,
	'PROTOCOL_ERROR',
	frame(frameType.PUSH_PROMISE, frameFlag.END_HEADERS, 1, uint32(2)),
);
test(
	'headers that are not continued',
	breaches,
	'PROTOCOL_ERROR',
	frame(frameType.HEADERS, 0, 1, ok),
	frame(frameType.DATA, 0, 1, ok),
);
test(
	'a continuation of nothing',
	breaches,
	'PROTOCOL_ERROR',
	frame(frameType.CONTINUATION, frameFlag.END_HEADERS, 1, ok),
);
test(
	'damaged headers',
	breaches,
	'COMPRESSION_ERROR',
	frame(frameType.HEADERS, frameFlag.END_HEADERS, 1, Buffer.of(0xff)),
);
test(
	'a window beyond 31 bits',
	breaches,
	'FLOW_CONTROL_ERROR',
	frame(frameType.WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff)),
);
test(
	'settings that are cut short',
	breaches,
	'FRAME_SIZE_ERROR',
	frame(frameType.SETTINGS, 0, 0, Buffer.alloc(5)),
);
test(
	'a reset that is cut short',
	breaches,
	'FRAME_SIZE_ERROR',
	frame(frameType.RST_STREAM, 0, 1, Buffer.alloc(3)),
);
test(
	'headers without end',
	breaches,
	'ENHANCE_YOUR_CALM',
	frame(frameType.HEADERS, 0, 1, Buffer.alloc(16_000)),
	...Array.from({ length: 5 }, () => frame(frameType.CONTINUATION, 0, 1, Buffer.alloc(16_000))),
);
test(
	'GOAWAY before the request',
	breaches,
	'ENHANCE_YOUR_CALM',
	frame(frameType.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(11)])),
);
