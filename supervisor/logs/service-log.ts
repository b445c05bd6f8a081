// The path of a service's output: the shim writes into two FIFOs; PID 1 reads them, makes records, appends them to the ring,
// and passes them to the forwarder, if there is one.
//
// PID 1 opens the FIFOs for reading and writing, so that there is no end of file between two runs of a service, and a shim
// never waits for a reader (fifo(7)). The shim holds reading ends too, so that a crash of PID 1 loses no bytes of the pipe and
// causes no SIGPIPE. The next PID 1 opens the FIFOs by their names and continues.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native, StopWatch } from '../../native/native.ts';
import { makeFifo } from '../process/make-fifo.ts';
import { LineFormatter } from './line-formatter.ts';
import type { LogStream } from './log-line.ts';
import { LogRing, type RingLimits, type RingObserver } from './log-ring.ts';

/** Small, because a chunk of empty lines makes forty times as many bytes of records. */
const chunkBytes = 8 * 1024;
/** Bounds the time of one turn, so that services that write without end do not keep PID 1 from its other work. */
const recordBytesPerTurn = 64 * 1024;
/** A pipe's capacity (pipe(7)), and what the shim may add meanwhile. */
const chunksPerDrain = 16;
const lineFeed = 0x0a;
const emptyBuffer = Buffer.alloc(0);
/** Shared by all logs, because nothing in it outlives a call. */
let scratch: Buffer | null = null;

export type StreamPaths = Readonly<Record<LogStream, string>>;

export interface ServiceLog {
	/** The number of records that were finished since it was opened. */
	readonly lines: number;
	/** Writes the bytes that are in the FIFOs at this moment. */
	drain(): void;
	/** Call it when the container has ended: drains the FIFOs, and finishes a line that has no end. */
	end(): void;
	/** Drains and closes. Keeps the FIFOs. */
	close(): void;
}

/** Takes finished records. It must copy those that it keeps. */
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
	/** Returns milliseconds since the epoch. */
	readonly wallClock: () => number;
	/** Returns milliseconds of CLOCK_MONOTONIC. */
	readonly now: () => number;
}

export function openServiceLog(options: ServiceLogOptions): ServiceLog {
	const { native, fifos, path, limits, observer, forwarder, wallClock, now } = options;
	const ring = new LogRing(path, limits, observer);
	const logEnd = ring.resume();
	const formatterOf = (stream: LogStream) => {
		const begun = logEnd?.unfinished?.stream === stream ? logEnd.unfinished.record : emptyBuffer;
		return new LineFormatter(stream, begun, logEnd?.partial.has(stream));
	};
	const formatters = { stdout: formatterOf('stdout'), stderr: formatterOf('stderr') };
	const inputs = [openInput('stdout', 'stderr'), openInput('stderr', 'stdout')];
	let open = true;
	let recordBytes = 0;
	let lines = 0;

	function openInput(stream: LogStream, other: LogStream) {
		makeFifo(native, fifos[stream]);
		const fd = openSync(fifos[stream], constants.O_RDWR | constants.O_NONBLOCK);
		let stop: StopWatch;
		let rest: NodeJS.Timeout | undefined;

		/** Returns false when the FIFO is empty for now. */
		function readChunk(): boolean {
			const bytes = readAvailable(fd);
			if (bytes.length === 0) return false;
			// Only one record at the end of the file can be unfinished.
			take(formatters[other].breakOff(), emptyBuffer);
			formatters[stream].add(bytes, wallClock(), take);
			return bytes.length === chunkBytes;
		}

		function drain(): void {
			try {
				for (let chunk = 0; open && chunk < chunksPerDrain; chunk++) if (!readChunk()) return;
			} catch (error) {
				observer.onTrouble(error);
			}
		}

		function turn(): void {
			const startedAtMs = now();
			recordBytes = 0;
			try {
				while (open && recordBytes < recordBytesPerTurn) if (!readChunk()) return;
			} catch (error) {
				observer.onTrouble(error);
			}
			if (!open) return;
			// There is more. The rest is as long as the turn was, so that a service takes half of PID 1's time at most, and waits.
			stop();
			rest = setTimeout(watch, now() - startedAtMs);
		}

		function watch(): void {
			stop = native.watchReadable(fd, turn);
		}

		watch();
		return {
			drain,
			close() {
				clearTimeout(rest);
				stop();
				closeSync(fd);
			},
		};
	}

	function take(finished: Buffer, unfinished: Buffer): void {
		if (finished.length === 0 && unfinished.length === 0) return;
		recordBytes += finished.length;
		lines += countLineFeeds(finished);
		ring.append(finished, unfinished);
		if (finished.length > 0) forwarder?.take(finished);
	}

	function drain(): void {
		for (const input of inputs) input.drain();
	}

	return {
		get lines() {
			return lines;
		},
		drain,
		end() {
			drain();
			const { stdout, stderr } = formatters;
			// The unfinished record is first, because the next write overwrites it.
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

/** Returns a view that the next call overwrites; empty when there is nothing to read. */
function readAvailable(fd: number): Buffer {
	scratch ??= Buffer.allocUnsafeSlow(chunkBytes);
	try {
		return scratch.subarray(0, readSync(fd, scratch, 0, chunkBytes, null));
	} catch (error) {
		if (hasCode(error, 'EAGAIN')) return emptyBuffer;
		throw error;
	}
}

function countLineFeeds(bytes: Buffer): number {
	let count = 0;
	for (let index = bytes.indexOf(lineFeed); index !== -1; index = bytes.indexOf(lineFeed, index + 1)) count++;
	return count;
}
