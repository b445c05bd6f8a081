// Writes frames to a port that may be full, whole frames in their order, and never blocks. The streams' grants bound what waits.

export interface PortWriter {
	write(frame: Buffer): void;
	/** Resolves when all is written, or the port is gone. */
	flushed(): Promise<void>;
}

/** libuv's poll for a descriptor is taken by the reader. */
const retryMs = 5;

/** @param write - writes some of the bytes and returns how many, 0 when the port is full; throws when it is gone */
export function createPortWriter(write: (bytes: Buffer) => number): PortWriter {
	let waiting: Buffer[] = [];
	let timer: NodeJS.Timeout | null = null;
	let onEmpty: (() => void)[] = [];

	function drain(): void {
		timer = null;
		try {
			for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
				const taken = write(first);
				if (taken < first.length) {
					waiting[0] = first.subarray(taken);
					if (taken > 0) continue;
					timer = setTimeout(drain, retryMs);
					return;
				}
				waiting.shift();
			}
		} catch {
			// The host is gone; the reader notices, too.
			waiting = [];
		}
		for (const resolve of onEmpty) resolve();
		onEmpty = [];
	}

	return {
		write(frame) {
			waiting.push(frame);
			if (timer === null) drain();
		},
		flushed() {
			return new Promise((resolve) => {
				if (waiting.length === 0) resolve();
				else onEmpty.push(resolve);
			});
		},
	};
}
