// A client of HTTP/2 (RFC 9113) over a Unix socket, as far as gRPC needs it: parallel requests with complete bodies, answers with
// trailers, flow control in both directions. It has no TLS, push or priorities.
//
// It replaces `node:http2`, which loads TLS, HTTP/1 and more: under emulation that takes as long as the rest of Node's start (0.4
// of 0.9 s), and PID 1 needs none of it.

import type { Duplex } from 'node:stream';
import {
	contentOf,
	decodeSettings,
	encodeFrame,
	encodeSettings,
	type Frame,
	FrameReader,
	frameFlag,
	frameType,
	maxPayloadBytes,
	settingId,
	uint32,
	uint32Of,
} from './frames.ts';
import { decodeHeaders, encodeHeaders, type Header } from './hpack.ts';
import { Http2Error, http2Code, http2CodeNumber } from './http2-error.ts';

export interface Http2Answer {
	/** Headers and trailers; of several with one name, the last. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Buffer;
}

interface Http2Request {
	/** Rejects with `Http2Error`. */
	readonly answer: Promise<Http2Answer>;
	/** Resets the stream and rejects `answer`. Does nothing when the request has ended. */
	cancel(): void;
}

interface Stream {
	readonly id: number;
	readonly headers: Map<string, string>;
	readonly body: Buffer[];
	bodyBytes: number;
	/** The bytes that are not sent yet, and the window for them. */
	unsent: Uint8Array;
	sendWindow: number;
	readonly settle: PromiseWithResolvers<Http2Answer>;
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const firstWindow = 65_535;
const largestWindow = 2 ** 31 - 1;
/** Larger than any answer of containerd; gRPC's own limit is 4 MB. */
const maxBodyBytes = 16 * 1024 * 1024;
const maxHeaderBytes = 64 * 1024;
const lastStreamId = 2 ** 31 - 1;

export class Http2Client {
	/** Resolves when the connection is closed, by either side. */
	readonly closed: Promise<void>;
	readonly #socket: Duplex;
	readonly #reader = new FrameReader();
	readonly #streams = new Map<number, Stream>();
	/** Requests beyond the server's limit of streams. They begin when others end. */
	readonly #waiting: (() => void)[] = [];
	#maxStreams = Number.POSITIVE_INFINITY;
	#nextId = 1;
	#sendWindow = firstWindow;
	#firstStreamWindow = firstWindow;
	#maxSendBytes = maxPayloadBytes;
	/** Headers that continue in CONTINUATION frames. */
	#headers: { readonly first: Frame; block: Buffer } | null = null;
	/** The reason why no request can begin any more. Running requests may still be answered. */
	#refusal: Http2Error | null = null;
	/** The connection has failed: nothing is sent or read any more. */
	#isOver = false;

	constructor(socket: Duplex) {
		this.#socket = socket;
		this.closed = new Promise((resolve) => {
			socket.once('close', () => {
				this.#fail(new Http2Error('CONNECT_ERROR', 'the connection was closed'));
				resolve();
			});
		});
		socket.on('error', (error) =>
			this.#fail(new Http2Error('CONNECT_ERROR', error.message, { cause: error })),
		);
		socket.on('end', () => socket.destroy());
		socket.on('data', (bytes: Buffer) => this.#receive(bytes));
		socket.write(preface);
		this.#send(
			frameType.SETTINGS,
			0,
			0,
			encodeSettings([
				[settingId.HEADER_TABLE_SIZE, 0],
				[settingId.ENABLE_PUSH, 0],
			]),
		);
	}

	/** Fails all running requests and accepts no more. */
	close(): void {
		this.#fail(new Http2Error('CANCEL', 'the connection was closed'));
		this.#socket.destroy();
	}

	request(headers: readonly Header[], body: Uint8Array): Http2Request {
		const settle = Promise.withResolvers<Http2Answer>();
		let stream: Stream | null = null;
		let isOver = false;
		const begin = (): void => {
			if (!isOver) stream = this.#begin(headers, body, settle);
		};
		if (this.#refusal !== null) settle.reject(this.#refusal);
		else if (this.#streams.size < this.#maxStreams) begin();
		else this.#waiting.push(begin);
		const over = (): void => {
			isOver = true;
		};
		settle.promise.then(over, over);
		return {
			answer: settle.promise,
			cancel: () => {
				if (isOver) return;
				isOver = true;
				if (stream !== null) this.#reset(stream, new Http2Error('CANCEL', 'the request was cancelled'));
				else settle.reject(new Http2Error('CANCEL', 'the request was cancelled'));
			},
		};
	}

	#begin(headers: readonly Header[], body: Uint8Array, settle: Stream['settle']): Stream | null {
		if (this.#nextId > lastStreamId)
			this.#abort(new Http2Error('NO_ERROR', 'the connection has no more stream numbers'));
		if (this.#refusal !== null) {
			settle.reject(this.#refusal);
			return null;
		}
		const id = this.#nextId;
		this.#nextId += 2;
		const received = { headers: new Map<string, string>(), body: [], bodyBytes: 0 };
		const stream: Stream = { id, ...received, unsent: body, sendWindow: this.#firstStreamWindow, settle };
		this.#streams.set(id, stream);
		const block = encodeHeaders(headers);
		// One frame is enough, because the headers have a few hundred bytes.
		this.#send(
			frameType.HEADERS,
			frameFlag.END_HEADERS | (body.length === 0 ? frameFlag.END_STREAM : 0),
			id,
			block,
		);
		this.#sendBody(stream);
		return stream;
	}

	/** Sends as much as both windows allow (section 6.9.1). */
	#sendBody(stream: Stream): void {
		while (stream.unsent.length > 0) {
			const most = Math.min(this.#sendWindow, stream.sendWindow, this.#maxSendBytes);
			if (most <= 0) return;
			const part = stream.unsent.subarray(0, most);
			stream.unsent = stream.unsent.subarray(part.length);
			this.#sendWindow -= part.length;
			stream.sendWindow -= part.length;
			this.#send(frameType.DATA, stream.unsent.length === 0 ? frameFlag.END_STREAM : 0, stream.id, part);
		}
	}

	#sendBodies(): void {
		for (const stream of this.#streams.values()) this.#sendBody(stream);
	}

	#send(type: number, flags: number, streamId: number, payload: Uint8Array): void {
		if (!this.#isOver) this.#socket.write(encodeFrame(type, flags, streamId, payload));
	}

	#receive(bytes: Buffer): void {
		try {
			for (const frame of this.#reader.push(bytes)) {
				if (this.#isOver) return;
				this.#handle(frame);
			}
		} catch (error) {
			const isOurs = error instanceof Http2Error;
			this.#abort(isOurs ? error : new Http2Error('INTERNAL_ERROR', String(error), { cause: error }));
		}
	}

	#handle(frame: Frame): void {
		if (this.#headers !== null && frame.type !== frameType.CONTINUATION) {
			throw new Http2Error('PROTOCOL_ERROR', 'headers were not continued');
		}
		switch (frame.type) {
			case frameType.DATA:
				this.#onData(frame);
				break;
			case frameType.HEADERS:
			case frameType.CONTINUATION:
				this.#onHeaders(frame);
				break;
			case frameType.RST_STREAM:
				this.#onReset(frame);
				break;
			case frameType.SETTINGS:
				this.#onSettings(frame);
				break;
			case frameType.PUSH_PROMISE:
				throw new Http2Error('PROTOCOL_ERROR', 'a push, which the settings disable');
			case frameType.PING:
				if ((frame.flags & frameFlag.ACK) === 0) this.#send(frameType.PING, frameFlag.ACK, 0, frame.payload);
				break;
			case frameType.GOAWAY:
				this.#onGoAway(frame);
				break;
			case frameType.WINDOW_UPDATE:
				this.#onWindowUpdate(frame);
				break;
			default:
			// Unknown types are ignored (section 4.1), and so is PRIORITY.
		}
	}

	#onData(frame: Frame): void {
		const content = contentOf(frame);
		const stream = this.#streams.get(frame.streamId);
		const isLast = (frame.flags & frameFlag.END_STREAM) !== 0;
		// Returns the window for the bytes read, padding included; a stream that ends needs none.
		this.#widen(0, frame.payload.length);
		if (stream === undefined) return;
		if (!isLast) this.#widen(stream.id, frame.payload.length);
		stream.bodyBytes += content.length;
		if (stream.bodyBytes > maxBodyBytes) {
			this.#reset(stream, new Http2Error('ENHANCE_YOUR_CALM', 'the answer is too long'));
			return;
		}
		// `Buffer.from` copies, because a view would keep the larger read in memory.
		stream.body.push(Buffer.from(content));
		if (isLast) this.#finish(stream);
	}

	#widen(streamId: number, bytes: number): void {
		if (bytes > 0) this.#send(frameType.WINDOW_UPDATE, 0, streamId, uint32(bytes));
	}

	#onHeaders(frame: Frame): void {
		const isFirst = frame.type === frameType.HEADERS;
		if (isFirst) this.#headers = { first: frame, block: contentOf(frame) };
		else if (this.#headers === null || this.#headers.first.streamId !== frame.streamId) {
			throw new Http2Error('PROTOCOL_ERROR', 'a CONTINUATION has no HEADERS before it');
		} else this.#headers.block = Buffer.concat([this.#headers.block, frame.payload]);
		const { first, block } = this.#headers;
		if (block.length > maxHeaderBytes) throw new Http2Error('ENHANCE_YOUR_CALM', 'the headers are too long');
		if ((frame.flags & frameFlag.END_HEADERS) === 0) return;
		this.#headers = null;
		const stream = this.#streams.get(first.streamId);
		for (const [name, value] of decodeHeaders(block)) stream?.headers.set(name, value);
		if (stream !== undefined && (first.flags & frameFlag.END_STREAM) !== 0) this.#finish(stream);
	}

	#onReset(frame: Frame): void {
		const code = http2Code(uint32Of(frame));
		const stream = this.#streams.get(frame.streamId);
		if (stream !== undefined) this.#drop(stream, new Http2Error(code, `the request was cut off (${code})`));
	}

	#onSettings(frame: Frame): void {
		if ((frame.flags & frameFlag.ACK) !== 0) return;
		for (const [id, value] of decodeSettings(frame.payload)) {
			if (id === settingId.MAX_CONCURRENT_STREAMS) this.#maxStreams = value;
			if (id === settingId.MAX_FRAME_SIZE) this.#maxSendBytes = value;
			if (id === settingId.INITIAL_WINDOW_SIZE) this.#changeFirstWindow(value);
		}
		this.#send(frameType.SETTINGS, frameFlag.ACK, 0, Buffer.alloc(0));
		this.#sendBodies();
		this.#beginWaiting();
	}

	/** The setting also changes the windows of open streams (section 6.9.2). */
	#changeFirstWindow(size: number): void {
		if (size > largestWindow) throw new Http2Error('FLOW_CONTROL_ERROR', 'a window is too large');
		for (const stream of this.#streams.values()) stream.sendWindow += size - this.#firstStreamWindow;
		this.#firstStreamWindow = size;
	}

	#onGoAway({ payload }: Frame): void {
		if (payload.length < 8) throw new Http2Error('FRAME_SIZE_ERROR', 'a GOAWAY is cut short');
		// The server still answers requests up to this one; after them the client closes the connection.
		const last = payload.readUInt32BE(0) & 0x7fff_ffff;
		const code = http2Code(payload.readUInt32BE(4));
		const error = new Http2Error(code, `the server closes the connection (${code})`);
		this.#refusal ??= error;
		this.#endWaiting();
		for (const stream of [...this.#streams.values()]) if (stream.id > last) this.#drop(stream, error);
		this.#closeWhenDone();
	}

	#onWindowUpdate(frame: Frame): void {
		const more = uint32Of(frame) & 0x7fff_ffff;
		if (frame.streamId === 0) {
			this.#sendWindow += more;
			if (this.#sendWindow > largestWindow)
				throw new Http2Error('FLOW_CONTROL_ERROR', 'a window is too large');
			this.#sendBodies();
			return;
		}
		const stream = this.#streams.get(frame.streamId);
		if (stream === undefined) return;
		stream.sendWindow += more;
		this.#sendBody(stream);
	}

	#finish(stream: Stream): void {
		// The server answered before the end of the request, and does not want the rest.
		if (stream.unsent.length > 0)
			this.#send(frameType.RST_STREAM, 0, stream.id, uint32(http2CodeNumber('NO_ERROR')));
		this.#remove(stream);
		stream.settle.resolve({ headers: stream.headers, body: Buffer.concat(stream.body) });
	}

	#reset(stream: Stream, error: Http2Error): void {
		this.#send(frameType.RST_STREAM, 0, stream.id, uint32(http2CodeNumber(error.code)));
		this.#drop(stream, error);
	}

	#drop(stream: Stream, error: Http2Error): void {
		this.#remove(stream);
		stream.settle.reject(error);
	}

	#remove(stream: Stream): void {
		this.#streams.delete(stream.id);
		this.#beginWaiting();
		this.#closeWhenDone();
	}

	#beginWaiting(): void {
		while (this.#waiting.length > 0 && this.#streams.size < this.#maxStreams) this.#waiting.shift()?.();
	}

	#closeWhenDone(): void {
		if (this.#refusal !== null && this.#streams.size === 0) this.#socket.destroy();
	}

	/** Sends GOAWAY and fails the connection, because the server violates the protocol. */
	#abort(error: Http2Error): void {
		this.#send(frameType.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(http2CodeNumber(error.code))]));
		this.#fail(error);
		this.#socket.destroy();
	}

	#fail(error: Http2Error): void {
		this.#isOver = true;
		this.#refusal ??= error;
		this.#endWaiting();
		for (const stream of [...this.#streams.values()]) this.#drop(stream, error);
	}

	/** Lets each waiting request see the failure and reject. */
	#endWaiting(): void {
		for (const begin of this.#waiting.splice(0)) begin();
	}
}
