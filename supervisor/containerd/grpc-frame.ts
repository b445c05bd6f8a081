// A gRPC message on the wire: one byte that says whether it is compressed, its length in four bytes, big
// endian, and the message (grpc.io, PROTOCOL-HTTP2.md, Length-Prefixed-Message).

const prefixBytes = 5;

export function encodeFrame(message: Uint8Array): Buffer {
	const frame = Buffer.alloc(prefixBytes + message.length);
	frame.writeUInt32BE(message.length, 1);
	frame.set(message, prefixBytes);
	return frame;
}

/** The one message of a unary answer; null where the bytes are not exactly one uncompressed frame. */
export function decodeFrame(bytes: Buffer): Uint8Array | null {
	if (bytes.length < prefixBytes || bytes[0] !== 0) return null;
	if (bytes.readUInt32BE(1) !== bytes.length - prefixBytes) return null;
	return bytes.subarray(prefixBytes);
}
