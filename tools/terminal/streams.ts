// The streams of a command.

/** Where a command reads and writes; handed in so that tests can look. */
export interface Streams {
	readonly out: NodeJS.WritableStream;
	readonly err: NodeJS.WritableStream;
}
