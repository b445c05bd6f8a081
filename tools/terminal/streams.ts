// The output streams of a command.

/** The caller passes the streams, so that a test can read what a command writes. */
export interface Streams {
	readonly out: NodeJS.WritableStream;
	readonly err: NodeJS.WritableStream;
}
