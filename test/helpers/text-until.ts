// Reads what a program or a socket says, which may come in pieces.

import type { Readable } from 'node:stream';

/** Returns what has come when `pattern` fits it; throws when the stream ends before. */
export async function textUntil(stream: Readable, pattern: RegExp): Promise<string> {
	let text = '';
	return await new Promise((resolve, reject) => {
		const look = (bytes: Buffer): void => {
			text += bytes.toString();
			if (!pattern.test(text)) return;
			stream.off('data', look);
			resolve(text);
		};
		stream.on('data', look);
		stream.once('error', reject);
		stream.once('close', () => reject(new Error(`it ended without ${pattern}: ${text}`)));
	});
}
