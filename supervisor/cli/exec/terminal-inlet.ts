// What is typed, into the program's terminal. A program that doesn't read leaves a long paste waiting, not us: it may be
// we who have to take its output first.

import type { Readable } from 'node:stream';
import type { Native } from '../../../native/native.ts';

/** libuv polls a descriptor for one thing, and this one for reading. */
const retryMs = 10;

/** @param fd - non-blocking */
export function openInlet(
	native: Pick<Native, 'writeAvailable'>,
	fd: number,
	source: Readable,
): { close(): void } {
	let waiting: NodeJS.Timeout | undefined;
	let closed = false;

	function write(bytes: Uint8Array): void {
		if (closed) return;
		const rest = bytes.subarray(native.writeAvailable(fd, bytes));
		if (rest.length === 0) {
			source.resume();
			return;
		}
		source.pause();
		waiting = setTimeout(() => write(rest), retryMs);
	}

	source.on('data', write);
	return {
		close() {
			closed = true;
			clearTimeout(waiting);
			source.off('data', write);
		},
	};
}
