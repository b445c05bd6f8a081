// Frames of an HTTP/2 server, which is containerd for PID 1. Requests end, whatever comes, and the answers to it are bounded.

import { Duplex } from 'node:stream';
import { encodeFrame } from '../../../supervisor/containerd/http2/frames.ts';
import { encodeHeaders } from '../../../supervisor/containerd/http2/hpack.ts';
import { Http2Client } from '../../../supervisor/containerd/http2/http2-client.ts';
import { Http2Error } from '../../../supervisor/containerd/http2/http2-error.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';

const answer = encodeHeaders([
	[':status', '200'],
	['grpc-status', '0'],
]);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const requestBytes = 100_000;

export const target: FuzzTarget = {
	seeds: [
		Buffer.concat([
			encodeFrame(4, 0, 0, hex('000300000064000400010000000500004000')),
			encodeFrame(1, 4, 1, answer),
			encodeFrame(0, 0, 1, hex('0000000002aabb')),
			encodeFrame(1, 5, 1, answer),
		]),
		Buffer.concat([
			encodeFrame(1, 0, 1, answer.subarray(0, 3)),
			encodeFrame(9, 4, 1, answer.subarray(3)),
			encodeFrame(0, 1, 1, Buffer.alloc(5)),
		]),
		Buffer.concat([encodeFrame(7, 0, 0, Buffer.alloc(8)), encodeFrame(8, 0, 0, hex('7fffffff'))]),
		Buffer.concat([
			encodeFrame(8, 0, 1, hex('00010000')),
			encodeFrame(3, 0, 1, Buffer.alloc(4)),
			encodeFrame(6, 0, 0, Buffer.alloc(8)),
			encodeFrame(0, 8, 3, hex('05000000000000')),
		]),
		encodeFrame(1, 0x2d, 3, hex('0000000000ff8888')),
		encodeFrame(1, 5, 1, hex('48033230308286')),
	],
	words: [
		encodeFrame(4, 0, 0, Buffer.alloc(0)),
		encodeFrame(6, 0, 0, Buffer.alloc(8)),
		encodeFrame(0, 1, 1, Buffer.alloc(0)),
	],
	repair: withLengths,
	declares: (error) => error instanceof Http2Error,
	async run(input) {
		let written = 0;
		const socket = new Duplex({
			read() {},
			write(chunk: Buffer, _, done) {
				written += chunk.length;
				done();
			},
		});
		const client = new Http2Client(socket);
		const requests = [Buffer.alloc(requestBytes), Buffer.alloc(0), Buffer.alloc(10)].map((body) =>
			client.request([[':method', 'POST']], body),
		);
		const answers = Promise.allSettled(requests.map((request) => request.answer));
		for (let at = 0; at < input.length; at += 997) socket.emit('data', input.subarray(at, at + 997));
		requests[1]?.cancel();
		client.close();
		for (const settled of await answers) {
			if (settled.status === 'rejected' && !(settled.reason instanceof Http2Error)) throw settled.reason;
		}
		await client.closed;
		// Each ping and each setting is answered, and nothing else grows.
		if (written > 2 * requestBytes + 4 * input.length) throw new Violation(`${written} bytes are written`);
	},
};

/** Cuts the bytes into frames again, of the lengths that they say, as far as there are bytes. */
function withLengths(bytes: Buffer): Buffer {
	const frames: Buffer[] = [];
	for (let at = 0; at + 9 <= bytes.length; ) {
		const payload = bytes.subarray(at + 9, at + 9 + (bytes.readUIntBE(at, 3) % 20_000));
		frames.push(
			encodeFrame((bytes[at + 3] ?? 0) % 11, bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5) & 7, payload),
		);
		at += 9 + payload.length;
	}
	return Buffer.concat(frames);
}
