// Unary gRPC calls over one HTTP/2 connection on a Unix socket (grpc.io, PROTOCOL-HTTP2.md): each is a POST with trailers. A gRPC
// library would quadruple the time and memory of the start.

import { connect as connectSocket, type Socket } from 'node:net';
import { errorMessage } from '../../native/text/error-message.ts';
import { decodeGrpcMessage, GrpcError, grpcCode } from './grpc-error.ts';
import { type Http2Answer, Http2Client } from './http2/http2-client.ts';

/** The byte that marks a compressed message, and the length in four bytes, big endian. */
const prefixBytes = 5;

export interface GrpcCall {
	/** E.g. `/package.Service/Method`. */
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly message: Uint8Array;
	/** Null for no timeout. */
	readonly timeoutMs: number | null;
	/** When it is aborted, the call fails with CANCELLED. */
	readonly signal?: AbortSignal;
}

export interface GrpcConnection {
	/** Rejects only with `GrpcError`. */
	unary(call: GrpcCall): Promise<Uint8Array>;
	/** Resolves when the connection is closed, by either side. All of its calls have failed by then. */
	readonly closed: Promise<void>;
	/** Calls that have not ended fail with UNAVAILABLE. */
	close(): void;
}

/** Rejects with the socket's error (ENOENT, ECONNREFUSED) when nothing listens there. */
export async function connectGrpc(socketPath: string): Promise<GrpcConnection> {
	const client = new Http2Client(await openSocket(socketPath));
	return {
		unary: (call) => unary(client, call),
		closed: client.closed,
		close: () => client.close(),
	};
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

async function unary(client: Http2Client, call: GrpcCall): Promise<Uint8Array> {
	const { answer, cancel } = client.request(
		[
			[':method', 'POST'],
			[':scheme', 'http'],
			[':path', call.method],
			[':authority', 'localhost'],
			['content-type', 'application/grpc+proto'],
			['te', 'trailers'],
			...Object.entries(call.headers),
		],
		encodeFrame(call.message),
	);
	if (call.signal?.aborted === true) cancel();
	else call.signal?.addEventListener('abort', cancel, { once: true });
	let isLate = false;
	const late = (): void => {
		isLate = true;
		cancel();
	};
	const timer = call.timeoutMs === null ? undefined : setTimeout(late, call.timeoutMs);
	try {
		return messageOf(await answer, call.method);
	} catch (error) {
		if (error instanceof GrpcError) throw error;
		if (isLate) {
			const details = `containerd gave no answer in ${call.timeoutMs} ms`;
			throw new GrpcError('DEADLINE_EXCEEDED', call.method, details);
		}
		if (call.signal?.aborted === true) throw new GrpcError('CANCELLED', call.method, 'given up');
		throw new GrpcError('UNAVAILABLE', call.method, errorMessage(error));
	} finally {
		clearTimeout(timer);
		call.signal?.removeEventListener('abort', cancel);
	}
}

/** The status is in the headers of an answer without a message, else in the trailers. */
function messageOf({ headers, body }: Http2Answer, method: string): Uint8Array {
	const status = headers.get('grpc-status');
	if (status === undefined) {
		throw new GrpcError('UNAVAILABLE', method, 'the connection to containerd was lost');
	}
	if (status !== '0') {
		throw new GrpcError(
			grpcCode(Number(status)),
			method,
			decodeGrpcMessage(headers.get('grpc-message') ?? ''),
		);
	}
	const message = decodeFrame(body);
	if (message === null) throw new GrpcError('INTERNAL', method, 'containerd sent a damaged answer');
	return message;
}

/** Makes a Length-Prefixed-Message. */
export function encodeFrame(message: Uint8Array): Buffer {
	const frame = Buffer.alloc(prefixBytes + message.length);
	frame.writeUInt32BE(message.length, 1);
	frame.set(message, prefixBytes);
	return frame;
}

/** Returns the message of a unary answer; null when the bytes are not exactly one uncompressed frame. */
function decodeFrame(bytes: Buffer): Uint8Array | null {
	if (bytes.length < prefixBytes || bytes[0] !== 0) return null;
	if (bytes.readUInt32BE(1) !== bytes.length - prefixBytes) return null;
	return bytes.subarray(prefixBytes);
}
