// The sending side of a stream's data: passes bytes on in frames, as far as the receiver has granted.

import { Writable } from 'node:stream';
import { encodeFrame, maxPayloadBytes, windowBytes } from './channel-protocol.ts';

/** The grants of one stream; stdout and stderr share them. */
export interface Grants {
	/** Calls `send` with so many of the bytes as may go now, and again later with more. `done` follows the last one. */
	request(bytes: number, send: (count: number) => void, done: () => void): void;
	add(bytes: number): void;
}

interface Waiting {
	left: number;
	readonly send: (count: number) => void;
	readonly done: () => void;
}

export function createGrants(): Grants {
	let granted = windowBytes;
	const waiting: Waiting[] = [];

	function serve(): void {
		for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
			const count = Math.min(first.left, granted, maxPayloadBytes);
			if (count === 0 && first.left > 0) return;
			granted -= count;
			first.left -= count;
			if (count > 0) first.send(count);
			if (first.left > 0) continue;
			waiting.shift();
			first.done();
		}
	}

	return {
		request(bytes, send, done) {
			waiting.push({ left: bytes, send, done });
			if (waiting.length === 1) serve();
		},
		add(bytes) {
			// A grant of more than the window is a fault of the other side, which harms itself alone.
			granted = Math.min(granted + bytes, windowBytes);
			serve();
		},
	};
}

/** Returns a stream whose bytes become frames of this kind. Its end becomes an empty frame. */
export function createGrantedWriter(
	{ kind, stream }: { readonly kind: number; readonly stream: number },
	grants: Grants,
	sendFrame: (frame: Buffer) => void,
): Writable {
	return new Writable({
		write(bytes: Buffer, _encoding, done) {
			let at = 0;
			grants.request(
				bytes.length,
				(count) => {
					sendFrame(encodeFrame({ kind, stream, payload: bytes.subarray(at, at + count) }));
					at += count;
				},
				done,
			);
		},
		final(done) {
			sendFrame(encodeFrame({ kind, stream }));
			done();
		},
	});
}
