// Files one after the other: an initrd may be any number of archives in a row.

import { createReadStream } from 'node:fs';

export async function* joined(paths: readonly string[]): AsyncGenerator<Uint8Array, void> {
	for (const path of paths) {
		for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield chunk as Buffer;
	}
}
