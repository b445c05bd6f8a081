// Small chunks put together: a compressor that works in another thread costs more for each chunk than for its bytes.

const blockBytes = 256 * 1024;

export async function* coalesce(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	let waiting: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		waiting.push(chunk);
		length += chunk.length;
		if (length < blockBytes) continue;
		yield Buffer.concat(waiting);
		waiting = [];
		length = 0;
	}
	if (length > 0) yield Buffer.concat(waiting);
}
