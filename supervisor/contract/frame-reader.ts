// Reads frames (channel-protocol.ts) from bytes in pieces of any size. The other side is not trusted: it can neither make this one
// keep more than a frame, nor make it throw.

import {
	channelHeaderBytes,
	channelKinds,
	checksum,
	type Frame,
	maxPayloadBytes,
	sessionBytes,
} from './channel-protocol.ts';

const helloBytes = channelHeaderBytes + sessionBytes;

export interface FrameReader {
	/** Returns the frames that are complete now. */
	add(bytes: Buffer): Frame[];
	/** False from garbage until the next hello. */
	readonly isInStep: boolean;
}

/** @param isInStep - false when the bytes may begin in the middle of a frame: all before the first hello is dropped then */
export function createFrameReader(isInStep: boolean): FrameReader {
	let rest: Buffer = Buffer.alloc(0);
	let inStep = isInStep;

	/** Returns the number of bytes that are done with, 0 when more must come. */
	function take(bytes: Buffer, frames: Frame[]): number {
		if (!inStep) return findHello(bytes, frames);
		// Zeros stand before a hello.
		if (bytes[0] === 0) return zerosOf(bytes);
		if (bytes.length < channelHeaderBytes) return 0;
		const length = bytes.readUInt32LE(8);
		const whole = channelHeaderBytes + length;
		if (length <= maxPayloadBytes && bytes.length < whole) return 0;
		const frame = length <= maxPayloadBytes ? frameOf(bytes.subarray(0, whole)) : null;
		if (frame === null) {
			inStep = false;
			return 1;
		}
		frames.push(frame);
		return whole;
	}

	function findHello(bytes: Buffer, frames: Frame[]): number {
		const at = bytes.indexOf(channelKinds.hello);
		if (at !== 0) return at === -1 ? bytes.length : at;
		if (bytes.length < helloBytes) return 0;
		const frame = bytes.readUInt32LE(8) === sessionBytes ? frameOf(bytes.subarray(0, helloBytes)) : null;
		if (frame === null) return 1;
		inStep = true;
		frames.push(frame);
		return helloBytes;
	}

	return {
		add(bytes) {
			const frames: Frame[] = [];
			let all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
			while (all.length > 0) {
				const done = take(all, frames);
				if (done === 0) break;
				all = all.subarray(done);
			}
			// A copy: the rest must not keep all the bytes that it came with.
			rest = Buffer.from(all);
			return frames;
		},
		get isInStep() {
			return inStep;
		},
	};
}

function zerosOf(bytes: Buffer): number {
	const end = bytes.findIndex((byte) => byte !== 0);
	return end === -1 ? bytes.length : end;
}

/** Returns null when the checksum is wrong. */
function frameOf(bytes: Buffer): Frame | null {
	if (bytes.readUInt32LE(12) !== checksum(bytes)) return null;
	return {
		kind: bytes.readUInt8(0),
		code: bytes.readUInt8(1),
		stream: bytes.readUInt32LE(4),
		payload: Buffer.from(bytes.subarray(channelHeaderBytes)),
	};
}
