// What comes out of a descriptor, passed on to a stream: no faster than the stream takes it, and at the end without a
// rest.

import type { Writable } from 'node:stream';
import type { Native, StopWatch } from '../../../native/native.ts';

const blockBytes = 64 * 1024;

export interface Outlet {
	/** Passes on what is there at this moment, and no more. Resolves when the stream has taken it. */
	finish(): Promise<void>;
}

/**
 * Makes `fd` non-blocking; it stays the caller's to close, after `finish`.
 *
 * @param onRefused - the stream takes no more: nobody reads any longer
 */
export function openOutlet(
	native: Pick<Native, 'readAvailable' | 'watchReadable'>,
	fd: number,
	out: Writable,
	onRefused: () => void,
): Outlet {
	let stopWatch: StopWatch | null = null;
	let refused = false;

	function pause(): void {
		stopWatch?.();
		stopWatch = null;
	}

	function resume(): void {
		if (refused) return;
		stopWatch ??= native.watchReadable(fd, () => {
			const bytes = read();
			if (bytes === 'end') pause();
			else if (bytes !== null && !out.write(bytes)) {
				pause();
				out.once('drain', resume);
			}
		});
	}

	function read(): Buffer | 'end' | null {
		try {
			const bytes = native.readAvailable(fd, blockBytes);
			return bytes?.length === 0 ? 'end' : bytes;
		} catch (error) {
			// Of a terminal whose other end nobody holds.
			if (error instanceof Error && 'code' in error && error.code === 'EIO') return 'end';
			throw error;
		}
	}

	// Stays: each further write tells it again.
	out.on('error', () => {
		if (refused) return;
		refused = true;
		pause();
		onRefused();
	});
	resume();
	return {
		async finish() {
			out.off('drain', resume);
			pause();
			if (refused) return;
			for (let bytes = read(); bytes !== 'end' && bytes !== null; bytes = read()) out.write(bytes);
			await new Promise<void>((resolve) => out.write('', () => resolve()));
		},
	};
}
