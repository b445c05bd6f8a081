// A service's output on its way: the shim writes into two FIFOs, PID 1 reads, makes records of it and appends them to
// the ring, and hands them to a forwarder where there is one.
//
// The FIFOs are opened for reading and writing: there is then no end of file between two runs of a service, and a
// shim never waits for a reader (fifo(7)). The shim holds its own reading ends as well, so that a crash of PID 1
// costs neither the bytes in the pipe nor a SIGPIPE: the next PID 1 opens the FIFOs by their names and reads on.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { makeFifo } from '../process/make-fifo.ts';
import { LineFormatter } from './line-formatter.ts';
import type { LogStream } from './log-line.ts';
import { LogRing, type RingLimits, type RingObserver } from './log-ring.ts';

const chunkBytes = 64 * 1024;
/** Then other descriptors have their turn: a service that writes without end must not own PID 1. */
const chunksPerTurn = 8;
const emptyBuffer = Buffer.alloc(0);
/** One for all logs, made when the first needs it: nothing in it outlives a call. */
let scratch: Buffer | null = null;

export type StreamPaths = Readonly<Record<LogStream, string>>;

export interface ServiceLog {
	/** Writes what is in the FIFOs at this moment. */
	drain(): void;
	/** Nobody writes any more: what is in the FIFOs is written, and a line without its end is one all the same. */
	end(): void;
	/** Drains and closes; the FIFOs stay. */
	close(): void;
}

/** Gets finished records, which it must copy to keep. */
export interface RecordTaker {
	take(records: Buffer): void;
	close(): void;
}

export interface ServiceLogOptions {
	readonly native: Native;
	readonly fifos: StreamPaths;
	readonly path: string;
	readonly limits: RingLimits;
	readonly observer: RingObserver;
	readonly forwarder: RecordTaker | null;
	/** Milliseconds since the epoch. */
	readonly wallClock: () => number;
}

export function openServiceLog(options: ServiceLogOptions): ServiceLog {
	const { native, fifos, path, limits, observer, forwarder, wallClock } = options;
	const ring = new LogRing(path, limits, observer);
	const left = ring.resume();
	const formatterOf = (stream: LogStream) => {
		const begun = left?.unfinished?.stream === stream ? left.unfinished.record : emptyBuffer;
		return new LineFormatter(stream, begun, left?.partial.has(stream));
	};
	const formatters = { stdout: formatterOf('stdout'), stderr: formatterOf('stderr') };
	const inputs = [openInput('stdout', 'stderr'), openInput('stderr', 'stdout')];
	let open = true;

	function openInput(stream: LogStream, other: LogStream) {
		makeFifo(native, fifos[stream]);
		const fd = openSync(fifos[stream], constants.O_RDWR | constants.O_NONBLOCK);
		const drain = () => {
			try {
				for (let chunk = 0; open && chunk < chunksPerTurn; chunk++) {
					const bytes = readAvailable(fd);
					if (bytes.length === 0) return;
					// Only one record can stand unfinished at the end of the file.
					take(formatters[other].breakOff(), emptyBuffer);
					formatters[stream].add(bytes, wallClock(), take);
					if (bytes.length < chunkBytes) return;
				}
			} catch (error) {
				observer.onTrouble(error);
			}
		};
		const stop = native.watchReadable(fd, drain);
		return {
			drain,
			close() {
				stop();
				closeSync(fd);
			},
		};
	}

	function take(finished: Buffer, unfinished: Buffer): void {
		if (finished.length === 0 && unfinished.length === 0) return;
		ring.append(finished, unfinished);
		if (finished.length > 0) forwarder?.take(finished);
	}

	function drain(): void {
		for (const input of inputs) input.drain();
	}

	return {
		drain,
		end() {
			drain();
			const { stdout, stderr } = formatters;
			// The unfinished record first: it is the one that the next is written over.
			const inOrder = stderr.isUnfinished ? [stderr, stdout] : [stdout, stderr];
			take(Buffer.concat(inOrder.map((formatter) => formatter.end(wallClock()))), emptyBuffer);
		},
		close() {
			if (!open) return;
			drain();
			open = false;
			for (const input of inputs) input.close();
			ring.close();
			forwarder?.close();
		},
	};
}

/** A view that the next call writes over; empty when there is nothing to read. */
function readAvailable(fd: number): Buffer {
	scratch ??= Buffer.allocUnsafeSlow(chunkBytes);
	try {
		return scratch.subarray(0, readSync(fd, scratch, 0, chunkBytes, null));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return emptyBuffer;
		throw error;
	}
}
