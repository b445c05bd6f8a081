// What a probe's program prints, as far as it says why it has failed: the last line. Read as it comes, so that the
// program never waits, and forgotten but for the end of it.

import { closeSync, constants, openSync, rmSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { printable } from '../../native/text/printable.ts';
import { makeFifo } from '../process/make-fifo.ts';

const BLOCK_BYTES = 64 * 1024;
/** What a pipe holds, and what the shim may have added meanwhile. */
const LAST_BLOCKS = 4;
const KEPT_BYTES = 4096;
const LINE_MAX_LENGTH = 200;

export interface ProbeOutput {
	/** Of a FIFO. */
	readonly path: string;
	/** The last line that is not blank, cut to a length that fits a reason; empty where there is none. */
	lastLine(): string;
	close(): void;
}

/** Null where what it prints is not kept. */
export type OpenProbeOutput = () => ProbeOutput | null;

/** Null where it can't be made: the probe is asked all the same. */
export function openProbeOutput(native: Native, path: string): ProbeOutput | null {
	let fd: number;
	try {
		// Nothing of an earlier run, whose shim may have it open still.
		rmSync(path, { force: true });
		makeFifo(native, path);
		// For writing as well: there is no end of file before the program has begun (fifo(7)).
		fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
	} catch {
		return null;
	}
	let kept = Buffer.alloc(0);
	const read = (): boolean => {
		const bytes = native.readAvailable(fd, BLOCK_BYTES);
		if (bytes === null) return false;
		kept = Buffer.concat([kept, bytes]).subarray(-KEPT_BYTES);
		return true;
	};
	const stopWatch = native.watchReadable(fd, read);
	return {
		path,
		lastLine() {
			for (let block = 0; block < LAST_BLOCKS && read(); block++);
			return lastLineOf(kept.toString('utf8'));
		},
		close() {
			stopWatch();
			closeSync(fd);
			rmSync(path, { force: true });
		},
	};
}

function lastLineOf(text: string): string {
	const lines = text.split(/[\r\n]+/).map((line) => printable(line).trim());
	const line = lines.findLast((each) => each !== '') ?? '';
	return line.length > LINE_MAX_LENGTH ? `${line.slice(0, LINE_MAX_LENGTH - 1)}…` : line;
}
