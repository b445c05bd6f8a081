// HTTP/2's frames (RFC 9113, sections 4 and 6): a header of nine bytes, and the payload.

import { Http2Error } from './http2-error.ts';

export const frameType = {
	DATA: 0,
	HEADERS: 1,
	PRIORITY: 2,
	RST_STREAM: 3,
	SETTINGS: 4,
	PUSH_PROMISE: 5,
	PING: 6,
	GOAWAY: 7,
	WINDOW_UPDATE: 8,
	CONTINUATION: 9,
} as const;

export const frameFlag = {
	ACK: 0x1,
	END_STREAM: 0x1,
	END_HEADERS: 0x4,
	PADDED: 0x8,
	PRIORITY: 0x20,
} as const;

export const settingId = {
	HEADER_TABLE_SIZE: 1,
	ENABLE_PUSH: 2,
	MAX_CONCURRENT_STREAMS: 3,
	INITIAL_WINDOW_SIZE: 4,
	MAX_FRAME_SIZE: 5,
} as const;

export interface Frame {
	readonly type: number;
	readonly flags: number;
	/** 0 for the connection. */
	readonly streamId: number;
	readonly payload: Buffer;
}

const headerBytes = 9;

/** The size that each side must accept; the client accepts no larger frame (section 4.2). */
export const maxPayloadBytes = 16_384;

export function encodeFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
	const frame = Buffer.alloc(headerBytes + payload.length);
	frame.writeUIntBE(payload.length, 0, 3);
	frame.writeUInt8(type, 3);
	frame.writeUInt8(flags, 4);
	frame.writeUInt32BE(streamId, 5);
	frame.set(payload, headerBytes);
	return frame;
}

/** Divides the bytes of a connection into frames. */
export class FrameReader {
	#rest: Buffer = Buffer.alloc(0);

	/** Throws `Http2Error` when a frame exceeds the accepted size. */
	*push(bytes: Buffer): Generator<Frame, void> {
		this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
		while (this.#rest.length >= headerBytes) {
			const length = this.#rest.readUIntBE(0, 3);
			if (length > maxPayloadBytes)
				throw new Http2Error('FRAME_SIZE_ERROR', `a frame of ${length} bytes came`);
			const end = headerBytes + length;
			if (this.#rest.length < end) return;
			const frame = this.#rest;
			this.#rest = frame.subarray(end);
			yield {
				type: frame.readUInt8(3),
				flags: frame.readUInt8(4),
				// The first bit is reserved.
				streamId: frame.readUInt32BE(5) & 0x7fff_ffff,
				payload: frame.subarray(headerBytes, end),
			};
		}
	}
}

/** Returns the payload of DATA or HEADERS without its padding and priority (sections 6.1 and 6.2). */
export function contentOf({ type, flags, payload }: Frame): Buffer {
	const isPadded = (flags & frameFlag.PADDED) !== 0;
	const padding = isPadded ? (payload[0] ?? 0) : 0;
	const priorityBytes = type === frameType.HEADERS && (flags & frameFlag.PRIORITY) !== 0 ? 5 : 0;
	const start = (isPadded ? 1 : 0) + priorityBytes;
	if (start + padding > payload.length)
		throw new Http2Error('PROTOCOL_ERROR', 'the padding is longer than the frame');
	return payload.subarray(start, payload.length - padding);
}

export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Buffer {
	const payload = Buffer.alloc(settings.length * 6);
	for (const [index, [id, value]] of settings.entries()) {
		payload.writeUInt16BE(id, index * 6);
		payload.writeUInt32BE(value, index * 6 + 2);
	}
	return payload;
}

export function decodeSettings(payload: Buffer): readonly (readonly [id: number, value: number])[] {
	if (payload.length % 6 !== 0) throw new Http2Error('FRAME_SIZE_ERROR', 'settings are cut short');
	return Array.from({ length: payload.length / 6 }, (_, index) => [
		payload.readUInt16BE(index * 6),
		payload.readUInt32BE(index * 6 + 2),
	]);
}

/** Returns the four-byte number of RST_STREAM or WINDOW_UPDATE. */
export function uint32Of({ payload }: Frame): number {
	if (payload.length !== 4)
		throw new Http2Error('FRAME_SIZE_ERROR', 'a frame has not the length that its kind has');
	return payload.readUInt32BE(0);
}

export function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}
