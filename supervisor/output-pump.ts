// A container's output on its way to the log file: the shim writes into a FIFO, PID 1 reads and appends.
//
// The FIFO is opened for reading and writing: there is then no end of file between two runs of a service, and
// a shim never waits for a reader (fifo(7)). The shim holds its own reading end as well, so that a crash of
// PID 1 costs neither the bytes in the pipe nor a SIGPIPE: the next PID 1 opens the FIFO by its name and reads
// on.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Native } from '../native/native.ts';
import { makeFolder } from './make-folder.ts';
import { openAppending } from './output-files.ts';

const CHUNK_BYTES = 64 * 1024;
/** Then other descriptors have their turn: a service that writes without end must not own PID 1. */
const CHUNKS_PER_TURN = 8;

export interface OutputPump {
	/** Writes what is in the FIFO at this moment. */
	drain(): void;
	/** Drains and closes; the FIFO stays. */
	close(): void;
}

/** `onTrouble` hears the first write that failed (a full disk); output is dropped from then until one succeeds. */
export function pumpOutput(
	native: Native,
	fifo: string,
	logPath: string,
	onTrouble: (error: unknown) => void,
): OutputPump {
	makeFifo(native, fifo);
	const fifoFd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
	const logFd = openAppending(logPath);
	let troubled = false;
	let open = true;

	const write = (bytes: Buffer) => {
		try {
			for (let offset = 0; offset < bytes.length; ) offset += writeSync(logFd, bytes, offset);
			troubled = false;
		} catch (error) {
			if (!troubled) onTrouble(error);
			troubled = true;
		}
	};
	const drain = () => {
		for (let chunk = 0; open && chunk < CHUNKS_PER_TURN; chunk++) {
			const bytes = native.readAvailable(fifoFd, CHUNK_BYTES);
			if (bytes === null || bytes.length === 0) return;
			write(bytes);
		}
	};
	const guarded = () => {
		try {
			drain();
		} catch (error) {
			onTrouble(error);
		}
	};

	const stop = native.watchReadable(fifoFd, guarded);
	return {
		drain: guarded,
		close() {
			if (!open) return;
			guarded();
			open = false;
			stop();
			closeSync(fifoFd);
			closeSync(logFd);
		},
	};
}

function makeFifo(native: Native, path: string): void {
	makeFolder(dirname(path));
	try {
		native.mkfifo(path, 0o600);
	} catch (error) {
		// It is there from before a crash of PID 1, perhaps with output in it.
		if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
	}
}
