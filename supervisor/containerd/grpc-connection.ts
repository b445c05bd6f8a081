// Unary gRPC calls over one HTTP/2 connection on a unix socket, by hand: a whole gRPC library costs PID 1 four
// times the start-up time and memory for what is a POST with trailers. Import it only when containerd is there or
// on its way: `node:http2` is a good part of PID 1's start.

import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { decodeGrpcMessage, GrpcError, grpcCode } from './grpc-error.ts';
import { decodeFrame, encodeFrame } from './grpc-frame.ts';

export interface GrpcCall {
	/** `/package.Service/Method`. */
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly message: Uint8Array;
	/** Null: as long as it takes. */
	readonly limitMs: number | null;
}

export interface GrpcConnection {
	/** Rejects with a `GrpcError` only. */
	unary(call: GrpcCall): Promise<Uint8Array>;
	/** Settles when the connection is gone, whoever closed it; every call on it has failed by then. */
	readonly closed: Promise<void>;
	/** Calls under way fail with UNAVAILABLE. */
	close(): void;
}

/** Rejects with the socket's error (ENOENT, ECONNREFUSED) when nothing listens there. */
export async function connectGrpc(socketPath: string): Promise<GrpcConnection> {
	const socket = await openSocket(socketPath);
	const session = connect('http://localhost', { createConnection: () => socket });
	// The error of a session is told to each of its streams too; what is left to say is that it's closed.
	session.on('error', () => {});
	const closed = new Promise<void>((resolve) => {
		session.once('close', () => resolve());
	});
	return { unary: (call) => unary(session, call), closed, close: () => session.destroy() };
}

function openSocket(path: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connectSocket(path);
		socket.once('error', reject);
		socket.once('connect', () => {
			socket.off('error', reject);
			resolve(socket);
		});
	});
}

function unary(session: ClientHttp2Session, call: GrpcCall): Promise<Uint8Array> {
	return new Promise((resolve, reject) => {
		const fail = (code: GrpcError['code'], details: string) => {
			reject(new GrpcError(code, call.method, details));
		};
		if (session.closed || session.destroyed) {
			fail('UNAVAILABLE', 'the connection to containerd is closed');
			return;
		}
		const stream = session.request({
			':method': 'POST',
			':path': call.method,
			'content-type': 'application/grpc+proto',
			te: 'trailers',
			...call.headers,
		});
		const timer =
			call.limitMs === null
				? undefined
				: setTimeout(() => {
						fail('DEADLINE_EXCEEDED', `containerd gave no answer in ${call.limitMs} ms`);
						stream.close();
					}, call.limitMs);
		const chunks: Buffer[] = [];
		let answer: IncomingHttpHeaders = {};
		// An answer without a message has its status in the first headers, others have it in the trailers.
		stream.on('response', (headers) => {
			answer = { ...answer, ...headers };
		});
		stream.on('trailers', (headers) => {
			answer = { ...answer, ...headers };
		});
		stream.on('data', (chunk: Buffer) => chunks.push(chunk));
		stream.on('error', (error: Error) => fail('UNAVAILABLE', error.message));
		stream.on('close', () => {
			clearTimeout(timer);
			const status = answer['grpc-status'];
			if (typeof status !== 'string') return fail('UNAVAILABLE', 'the connection to containerd was lost');
			if (status !== '0') {
				const details = answer['grpc-message'];
				return fail(grpcCode(Number(status)), typeof details === 'string' ? decodeGrpcMessage(details) : '');
			}
			const message = decodeFrame(Buffer.concat(chunks));
			if (message === null) return fail('INTERNAL', 'containerd sent a damaged answer');
			return resolve(message);
		});
		stream.end(encodeFrame(call.message));
	});
}
