// The two ways in which a command ends before its work is done: by a signal, and because nobody reads its output.

import type { EventEmitter } from 'node:events';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal, or `EPIPE` when the reader of the output is gone. */
export type EarlyEnd = (typeof signals)[number] | 'EPIPE';

// An event of our own in place of SIGPIPE: while SIGPIPE has a listener, a write to any closed socket raises it, and
// after the last listener is removed it kills the process.
const outputClosed = 'slipway:output-closed';
const emitter: EventEmitter = process;
const brokenPipeExitCode = 141;

/** Calls `listener` on each early end until the returned function is called. The listener must call `endAs()`. */
export function onEarlyEnd(listener: (reason: EarlyEnd) => void): () => void {
	const onClosed = (): void => listener('EPIPE');
	for (const signal of signals) process.on(signal, listener);
	emitter.on(outputClosed, onClosed);
	return () => {
		for (const signal of signals) process.off(signal, listener);
		emitter.off(outputClosed, onClosed);
	};
}

/** Ends the process as the signal does that has no listener any more, or with the exit code that SIGPIPE gives in a shell. */
export function endAs(reason: EarlyEnd): void {
	if (reason === 'EPIPE') process.exit(brokenPipeExitCode);
	process.kill(process.pid, reason);
}

/** Notifies the listeners of `onEarlyEnd()` that nobody reads the output; without any, the process ends at once. */
export function endWithoutReader(): void {
	if (!emitter.emit(outputClosed)) endAs('EPIPE');
}
