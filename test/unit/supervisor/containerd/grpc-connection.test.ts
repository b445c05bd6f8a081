import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
	connectGrpc,
	encodeFrame,
	type GrpcCall,
	type GrpcConnection,
} from '../../../../supervisor/containerd/grpc-connection.ts';
import { GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const sampleCall: GrpcCall = {
	method: '/test.Service/Method',
	headers: { 'containerd-namespace': 'n' },
	message: Buffer.from('question'),
	// No test waits for this timeout; the test of the timeout sets its own.
	timeoutMs: 60_000,
};

type Answer = (stream: ServerHttp2Stream, body: Buffer, headers: Record<string, unknown>) => void;

async function served(
	t: ExecutionContext,
	answer: Answer,
): Promise<{ connection: GrpcConnection; server: Http2Server }> {
	const path = join(scratchFolder(), 's');
	const server = createServer();
	server.on('stream', (stream: ServerHttp2Stream, headers) => {
		const chunks: Buffer[] = [];
		stream.on('data', (chunk: Buffer) => chunks.push(chunk));
		stream.on('end', () => answer(stream, Buffer.concat(chunks), headers));
		stream.on('error', () => {});
	});
	await new Promise<void>((resolve) => {
		server.listen(path, resolve);
	});
	const connection = await connectGrpc(path);
	t.teardown(() => {
		connection.close();
		server.close();
	});
	return { connection, server };
}

function answerWith(stream: ServerHttp2Stream, body: Uint8Array, trailers: Record<string, string>): void {
	stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
	stream.on('wantTrailers', () => stream.sendTrailers(trailers));
	stream.end(body);
}

test('unary() sends one frame with the headers of gRPC and returns the message of the answer', async (t) => {
	const { connection } = await served(t, (stream, body, headers) => {
		t.deepEqual(body, encodeFrame(Buffer.from('question')));
		t.like(headers, {
			':method': 'POST',
			':path': sampleCall.method,
			te: 'trailers',
			'content-type': 'application/grpc+proto',
			'containerd-namespace': 'n',
		});
		answerWith(stream, encodeFrame(Buffer.from('answer')), { 'grpc-status': '0' });
	});
	t.is(Buffer.from(await connection.unary(sampleCall)).toString(), 'answer');
});

test('unary() joins an answer that arrives in pieces', async (t) => {
	const big = Buffer.alloc(300_000, 'x');
	const { connection } = await served(t, (stream) => {
		answerWith(stream, encodeFrame(big), { 'grpc-status': '0' });
	});
	t.is((await connection.unary(sampleCall)).length, big.length);
});

const fails = test.macro({
	async exec(
		t,
		answer: Answer,
		code: string,
		message: RegExp,
		timeoutMs: number | null = sampleCall.timeoutMs,
	) {
		const { connection } = await served(t, answer);
		const error = await t.throwsAsync(connection.unary({ ...sampleCall, timeoutMs }), {
			instanceOf: GrpcError,
		});
		t.is(error?.code, code as GrpcError['code']);
		t.regex(error?.message ?? '', message);
	},
	title: (name) => `unary() ${name ?? ''}`,
});

test(
	'gives an error in the trailers, its message decoded',
	fails,
	(stream: ServerHttp2Stream) =>
		answerWith(stream, Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'task r%C3%A9dis not found' }),
	'NOT_FOUND',
	/^Service\/Method: task rédis not found \(NOT_FOUND\)$/,
);
test(
	'gives an error in an answer of headers only',
	fails,
	(stream: ServerHttp2Stream) =>
		stream.respond({ ':status': 200, 'grpc-status': '6', 'grpc-message': 'there' }, { endStream: true }),
	'ALREADY_EXISTS',
	/there/,
);
test(
	'takes an unknown status for UNKNOWN, and a damaged message as it is',
	fails,
	(stream: ServerHttp2Stream) =>
		answerWith(stream, Buffer.alloc(0), { 'grpc-status': '99', 'grpc-message': '100%' }),
	'UNKNOWN',
	/100%/,
);
test('has a timeout', fails, () => {}, 'DEADLINE_EXCEEDED', /no answer in 100 ms/, 100);
test(
	'reports a stream that was closed',
	fails,
	(stream: ServerHttp2Stream) => stream.destroy(),
	'UNAVAILABLE',
	/./,
);
test(
	'reports a server that went away',
	fails,
	(stream: ServerHttp2Stream) => stream.session?.destroy(),
	'UNAVAILABLE',
	/./,
);
test(
	'reports an answer that is not one frame',
	fails,
	(stream: ServerHttp2Stream) => answerWith(stream, Buffer.from('xx'), { 'grpc-status': '0' }),
	'INTERNAL',
	/damaged/,
);

test('closed settles when the server goes away, and later calls fail at once', async (t) => {
	const { connection } = await served(t, (stream) => stream.session?.destroy());
	await t.throwsAsync(connection.unary(sampleCall), { instanceOf: GrpcError });
	await connection.closed;
	const error = await t.throwsAsync(connection.unary(sampleCall), { instanceOf: GrpcError });
	t.is(error?.code, 'UNAVAILABLE');
});

test('close() fails the running calls', async (t) => {
	const { connection } = await served(t, () => {});
	const call = connection.unary({ ...sampleCall, timeoutMs: null });
	connection.close();
	await t.throwsAsync(call, { instanceOf: GrpcError });
	await connection.closed;
});

test('unary() gives a call up when its signal is aborted, before or after it is sent', async (t) => {
	const given = new AbortController();
	const closed = Promise.withResolvers<void>();
	const { connection } = await served(t, (stream) => {
		stream.once('close', closed.resolve);
		given.abort();
	});
	const call = { ...sampleCall, signal: given.signal };
	await t.throwsAsync(connection.unary(call), { instanceOf: GrpcError, code: 'CANCELLED' });
	await closed.promise;
	await t.throwsAsync(connection.unary(call), { instanceOf: GrpcError, code: 'CANCELLED' });
});

test('connectGrpc() rejects when nothing listens', async (t) => {
	await t.throwsAsync(connectGrpc('/nowhere/at/all'), { code: 'ENOENT' });
});
