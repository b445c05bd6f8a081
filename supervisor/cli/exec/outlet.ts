// Passes the bytes of a descriptor on to a stream, no faster than the stream takes them, and completely at the end.

import type { Writable } from 'node:stream';
import { hasCode } from '../../../native/linux/has-code.ts';
import type { Native, StopWatch } from '../../../native/native.ts';

const blockBytes = 64 * 1024;

export interface Outlet {
	/** Passes on the bytes that are there at this moment, and no more. Resolves when the stream has taken them. */
	finish(): Promise<void>;
	/** Passes on nothing more. Idempotent. */
	stop(): void;
}

/**
 * Makes `fd` non-blocking. The caller closes it after `finish`.
 *
 * @param onRefused - is called when the stream takes no more, because nobody reads any longer
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
			// A terminal whose other end is closed everywhere.
			if (hasCode(error, 'EIO')) return 'end';
			throw error;
		}
	}

	// The listener stays, because each further write reports the error again.
	out.on('error', () => {
		if (refused) return;
		refused = true;
		pause();
		onRefused();
	});
	function stop(): void {
		out.off('drain', resume);
		pause();
	}

	resume();
	return {
		stop,
		async finish() {
			stop();
			if (refused) return;
			for (let bytes = read(); bytes !== 'end' && bytes !== null; bytes = read()) out.write(bytes);
			await new Promise<void>((resolve) => out.write('', () => resolve()));
		},
	};
}
