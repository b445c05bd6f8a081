// The protocol of the virtio-serial port `slipway.control`: the host runs `service` in the guest without a network. Frames
// carry the streams of many commands at once. frame-reader.ts reads them. Numbers are little-endian.
//
// A frame is kind (1 byte), code (1 byte), two zeros, stream (4 bytes), length of the payload (4 bytes), CRC-32 of all that
// (4 bytes), payload. A side that begins writes zeros for as long as the longest frame, then `hello`: whoever was in the middle
// of a frame finds a wrong checksum and looks for that `hello`. The host's hello has a session of its choice; the guest ends all streams
// of another session and answers with the same one.
//
// The host opens a stream by a number that it has not used in this session. Each side sends as many bytes of data as it has been
// granted, so a slow reader holds up its own stream alone. A stream ends with `exit` or `failed` of the guest, or `reset` of the host.

import { crc32 } from 'node:zlib';
import type { TerminalSize } from './terminal-size.ts';

/** The name of the port, as /sys/class/virtio-ports/PORT/name has it. */
export const channelPortName = 'slipway.control';

export const channelVersion = 1;

export const channelKinds = {
	/** The code is the version, the payload the session. */
	hello: 0x48,
	/** Host: runs `service`; the payload is an `OpenRequest`. */
	open: 0x4f,
	/** Data; an empty payload is the end of it. */
	stdin: 0x30,
	stdout: 0x31,
	stderr: 0x32,
	/** The receiver of data grants so many bytes more (4 bytes). */
	grant: 0x47,
	/** Host: a terminal has changed its size; rows and columns (2 bytes each). */
	resize: 0x57,
	/** Host: the code is the number of a signal. */
	signal: 0x53,
	/** Guest: the command has ended; the code is its exit code. */
	exit: 0x58,
	/** Guest: the command could not be started, or is lost; the payload says why. */
	failed: 0x46,
	/** Host: nobody waits for the command any longer. */
	reset: 0x52,
} as const;

export interface Frame {
	readonly kind: number;
	readonly code: number;
	readonly stream: number;
	readonly payload: Buffer;
}

export interface OpenRequest {
	/** The arguments of `service`. */
	readonly args: readonly string[];
	/** The terminal that the command gets; null for pipes. */
	readonly terminal: (TerminalSize & { readonly type: string }) | null;
}

export const channelHeaderBytes = 16;
export const maxPayloadBytes = 32 * 1024;
export const sessionBytes = 16;

/** The data that a stream may send before the first grant, in each direction. */
export const windowBytes = 128 * 1024;

export function encodeFrame({ kind, code = 0, stream = 0, payload = Buffer.alloc(0) }: FrameFields): Buffer {
	const frame = Buffer.alloc(channelHeaderBytes + payload.length);
	frame.writeUInt8(kind, 0);
	frame.writeUInt8(code, 1);
	frame.writeUInt32LE(stream, 4);
	frame.writeUInt32LE(payload.length, 8);
	frame.set(payload, channelHeaderBytes);
	frame.writeUInt32LE(checksum(frame), 12);
	return frame;
}

interface FrameFields {
	readonly kind: number;
	readonly code?: number;
	readonly stream?: number;
	readonly payload?: Uint8Array;
}

/** @param frame - a whole frame */
export function checksum(frame: Buffer): number {
	return crc32(frame.subarray(channelHeaderBytes), crc32(frame.subarray(0, 12)));
}

/** Returns the first bytes of a side. */
export function encodeHello(session: Uint8Array): Buffer {
	const zeros = Buffer.alloc(channelHeaderBytes + maxPayloadBytes);
	return Buffer.concat([
		zeros,
		encodeFrame({ kind: channelKinds.hello, code: channelVersion, payload: session }),
	]);
}

export function encodeGrant(stream: number, bytes: number): Buffer {
	const payload = Buffer.alloc(4);
	payload.writeUInt32LE(bytes);
	return encodeFrame({ kind: channelKinds.grant, stream, payload });
}

/** Returns 0 for a grant of another length. */
export function grantedBytes({ payload }: Frame): number {
	return payload.length === 4 ? payload.readUInt32LE() : 0;
}

export function encodeResize(stream: number, { rows, columns }: TerminalSize): Buffer {
	const payload = Buffer.alloc(4);
	payload.writeUInt16LE(rows, 0);
	payload.writeUInt16LE(columns, 2);
	return encodeFrame({ kind: channelKinds.resize, stream, payload });
}

/** Returns null for a payload of another length. */
export function terminalSize({ payload }: Frame): TerminalSize | null {
	return payload.length === 4 ? { rows: payload.readUInt16LE(0), columns: payload.readUInt16LE(2) } : null;
}
