// The standard output of `service`. A reader that goes away (`service logs | head`) ends the command without a message.

import { hasCode } from '../../native/linux/has-code.ts';

/** The part of a `Writable` that `service` needs; tests pass less. */
export interface Output {
	write(text: string): unknown;
	on?(event: 'error', listener: () => void): unknown;
	/** The error of the first write that failed. Node sets it before `write` returns, for pipes, files and terminals. */
	readonly errored?: Error | null;
}

export interface CheckedOutput {
	/** Throws `ReaderGoneError` when nobody reads any longer, and the error of any other write that failed. */
	write(text: string): void;
	/** Is aborted when a write has failed. */
	readonly failed: AbortSignal;
}

/** Nobody reads the output any longer. Node ignores SIGPIPE, so the write fails with EPIPE instead. */
export class ReaderGoneError extends Error {
	constructor(cause: Error) {
		super('nobody reads the output any longer', { cause });
		this.name = 'ReaderGoneError';
	}
}

export function checkOutput(out: Output): CheckedOutput {
	const failed = new AbortController();
	ignoreErrors(out);
	return {
		write(text) {
			out.write(text);
			const { errored = null } = out;
			if (errored === null) return;
			failed.abort();
			throw writeError(errored);
		},
		failed: failed.signal,
	};
}

/** Returns a `ReaderGoneError` for EPIPE, and other errors of a write as they are. */
export function writeError(error: Error): Error {
	return hasCode(error, 'EPIPE') ? new ReaderGoneError(error) : error;
}

/** Without a listener, a failed write would end the process with a stack trace. */
export function ignoreErrors(out: Output): void {
	out.on?.('error', () => undefined);
}
