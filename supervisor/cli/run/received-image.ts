// A tarball that one `service run` receives on stdin and another one runs, so that the program of the other has stdin, or a terminal, to
// itself: `slipway run-in -it`. It lies in memory that is mounted nowhere, so it goes with the process that received it.

import { closeSync, constants, createWriteStream, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../../../native/linux/has-code.ts';
import type { Native } from '../../../native/native.ts';
import type { CheckedOutput } from '../output.ts';
import { openImageMemory } from './image-memory.ts';
import { wordsOfImage } from './run-arguments.ts';
import { tooLarge } from './unpack-image.ts';

const lookMs = 500;

/**
 * Writes the path at which other processes find the tarball. Returns when one of them has unpacked it. Throws when nobody waits for it any
 * longer, and a `SlipwayError` when it does not fit into memory.
 */
export async function receiveImage(native: Native, out: CheckedOutput): Promise<void> {
	const memory = openImageMemory(native);
	const fd = openSync(memory.path('tarball'), constants.O_RDWR | constants.O_CREAT, 0o600);
	try {
		await pipeline(process.stdin, createWriteStream('', { fd, autoClose: false }));
		const isNeeded = (): boolean => fstatSync(fd).size > 0;
		// An empty tarball is refused by the one that takes it.
		if (!isNeeded()) ftruncateSync(fd, 1);
		out.write(`/proc/${process.pid}/fd/${fd}\n`);
		while (isNeeded()) {
			await pause(lookMs);
			// It fails when the other end is gone, which nothing else tells.
			out.write('\n');
		}
	} catch (error) {
		throw hasCode(error, 'ENOSPC') ? tooLarge(wordsOfImage('-'), memory, error) : error;
	} finally {
		closeSync(fd);
		memory.close();
	}
}

/** Frees the memory of a received tarball, and thereby ends the process that has received it. */
export function dropReceived(path: string): void {
	closeSync(openSync(path, constants.O_WRONLY | constants.O_TRUNC));
}
