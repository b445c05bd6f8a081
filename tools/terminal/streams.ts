// The output streams of a command.

import { wantsColour } from '../../native/text/colour.ts';

/** The caller passes the streams, so that a test can read what a command writes. */
export interface Streams {
	readonly out: NodeJS.WritableStream;
	readonly err: NodeJS.WritableStream;
}

/** Reports whether colours are wanted on the stream, by the environment of this process. */
export function isColoured(stream: NodeJS.WritableStream): boolean {
	return wantsColour(process.env, 'isTTY' in stream && stream.isTTY === true);
}
