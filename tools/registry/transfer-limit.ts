// Limits the time of a whole pull or push. Without it a registry that sends a byte now and then, or that fails and recovers
// for ever, would hold a build for as long as it likes.

import { SlipwayError } from '../errors.ts';

/** The slowest average that a whole transfer may have. */
const minBytesPerSecond = 32 * 1024;
const dayMs = 24 * 60 * 60 * 1000;
/** The time that a transfer may take for everything but its bytes, as a multiple of the idle timeout. */
const timeoutFactor = 30;

export interface TransferLimit {
	/** Allows the time that so many bytes need. */
	expect(bytes: number): void;
	/** Must be called at the end of the transfer. */
	close(): void;
}

/** @param controller - is aborted, with a `SlipwayError` as the reason, when the time is up */
export function openTransferLimit(
	controller: AbortController,
	host: string,
	idleTimeoutMs: number,
): TransferLimit {
	const startMs = performance.now();
	let timer = start(0);

	function start(bytes: number): NodeJS.Timeout {
		const allowedMs = Math.min(idleTimeoutMs * timeoutFactor + (bytes / minBytesPerSecond) * 1000, dayMs);
		return setTimeout(
			() => {
				const size = bytes === 0 ? '' : ` for ${bytes} bytes`;
				const minutes = Math.max(1, Math.round(allowedMs / 60_000));
				controller.abort(
					new SlipwayError('REGISTRY_FAILED', `${host} is too slow: ${minutes} min${size} are over.`),
				);
			},
			startMs + allowedMs - performance.now(),
		);
	}

	return {
		expect(bytes) {
			clearTimeout(timer);
			timer = start(bytes);
		},
		close: () => clearTimeout(timer),
	};
}
