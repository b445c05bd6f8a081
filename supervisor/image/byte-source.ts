// Reads a stream of chunks by numbers of bytes.

export interface ByteSource {
	/** Returns exactly `count` bytes; null when the stream has ended before the first of them. */
	exactly(count: number): Promise<Buffer | null>;
	/** Returns between 1 and `count` bytes. */
	upTo(count: number): Promise<Buffer>;
	skip(count: number): Promise<void>;
	/** Skips up to `count` bytes; the stream may end before. */
	skipUpTo(count: number): Promise<void>;
	/** Reads the stream to its end and discards the bytes. */
	drain(): Promise<void>;
	/** Ends the stream below, no matter how far it was read. */
	close(): Promise<void>;
}

const nothing = Buffer.alloc(0);

/** @param cutShort - returns the error for a stream that ends too early, of what has come of the bytes that exactly() wants */
export function byteSource(
	bytes: AsyncIterable<Uint8Array>,
	cutShort: (partial: Buffer) => Error,
): ByteSource {
	const chunks = bytes[Symbol.asyncIterator]();
	let current: Buffer = nothing;

	/** Returns false at the end of the stream. */
	async function fill(): Promise<boolean> {
		while (current.length === 0) {
			const next = await chunks.next();
			if (next.done === true) return false;
			current = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
		}
		return true;
	}

	function cut(count: number): Buffer {
		const taken = current.subarray(0, count);
		current = current.subarray(taken.length);
		return taken;
	}

	return {
		async exactly(count) {
			if (count === 0) return Buffer.alloc(0);
			if (!(await fill())) return null;
			if (current.length >= count) return cut(count);
			const parts: Buffer[] = [];
			let missing = count;
			while (missing > 0) {
				if (!(await fill())) throw cutShort(Buffer.concat(parts));
				const part = cut(missing);
				missing -= part.length;
				parts.push(part);
			}
			return Buffer.concat(parts);
		},
		async upTo(count) {
			if (!(await fill())) throw cutShort(nothing);
			return cut(count);
		},
		async skip(count) {
			let missing = count;
			while (missing > 0) {
				if (!(await fill())) throw cutShort(nothing);
				missing -= cut(missing).length;
			}
		},
		async skipUpTo(count) {
			let missing = count;
			while (missing > 0 && (await fill())) missing -= cut(missing).length;
		},
		async drain() {
			while (await fill()) current = Buffer.alloc(0);
		},
		async close() {
			await chunks.return?.();
		},
	};
}
