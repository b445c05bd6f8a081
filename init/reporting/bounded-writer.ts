// Writes lines to a device that may be slow, stuck or gone, and never blocks: PID 1 must not hang because nobody reads a
// serial port. Lines that the device does not accept stay in a bounded buffer. When it is full the oldest lines are
// dropped, and a line reports how many.

interface BoundedWriterOptions {
	/** Writes some of the bytes and returns how many, 0 when the device is full. Throws when it is gone. */
	readonly write: (bytes: Buffer) => number;
	readonly maxBytes: number;
	/** Returns the line that replaces `lostLines` dropped lines. */
	readonly lostLine: (lostLines: number) => string;
	/** Calls `callback` once, after `delayMs`. */
	readonly later: (callback: () => void, delayMs: number) => void;
}

/** A UART at 115200 baud sends 11 bytes a millisecond; the kernel's buffer for it holds 4 KB. */
const retryMs = 20;
/** A device that takes nothing, such as a screen after Ctrl-S, may stay so for ever, and PID 1 is to sleep. */
const maxRetryMs = 1280;

export class BoundedWriter {
	readonly #options: BoundedWriterOptions;
	#waiting: Buffer[] = [];
	#waitingBytes = 0;
	#lostLines = 0;
	#retrying = false;
	#retryMs = retryMs;
	#opened = false;

	constructor(options: BoundedWriterOptions) {
		this.#options = options;
	}

	get waitingBytes(): number {
		return this.#waitingBytes;
	}

	/** To be called when the device exists: writes what is buffered. */
	open(): void {
		this.#opened = true;
		this.#drain();
	}

	/** @param line - includes its line end */
	write(line: string): void {
		this.#enqueue(Buffer.from(line, 'utf8'));
		if (this.#opened && !this.#retrying) this.#drain();
	}

	/** Writes everything that is buffered, or as much as `timeoutMs` allows: for the last lines before the power goes. */
	flush(timeoutMs: number, now: () => number): void {
		const deadline = now() + timeoutMs;
		while (this.#opened && this.#waitingBytes > 0 && now() < deadline) this.#drain();
	}

	#enqueue(bytes: Buffer): void {
		this.#waiting.push(bytes);
		this.#waitingBytes += bytes.length;
		// The first line may be half written. It stays, or two lines would become one.
		while (this.#waitingBytes > this.#options.maxBytes && this.#waiting.length > 2) {
			const [lost] = this.#waiting.splice(1, 1);
			this.#waitingBytes -= lost?.length ?? 0;
			this.#lostLines += 1;
		}
	}

	#drain(): void {
		try {
			while (this.#waiting.length > 0) {
				// One write for all lines: system calls are slow on an emulated processor.
				const all = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
				if (all === undefined) break;
				const taken = this.#options.write(all);
				this.#retryMs = taken > 0 ? retryMs : Math.min(this.#retryMs * 2, maxRetryMs);
				if (taken < all.length) {
					this.#keepRest(taken);
					this.#retryLater();
					return;
				}
				this.#waiting = [];
				this.#waitingBytes = 0;
				if (this.#lostLines > 0) {
					const line = this.#options.lostLine(this.#lostLines);
					this.#lostLines = 0;
					this.#enqueue(Buffer.from(line, 'utf8'));
				}
			}
		} catch {
			// The device is gone (EIO after a hang-up). A later line tries again.
			this.#waiting = [];
			this.#waitingBytes = 0;
		}
	}

	#keepRest(taken: number): void {
		let skip = taken;
		this.#waitingBytes -= taken;
		while (skip > 0) {
			const first = this.#waiting[0];
			if (first === undefined) return;
			if (first.length > skip) {
				this.#waiting[0] = first.subarray(skip);
				return;
			}
			skip -= first.length;
			this.#waiting.shift();
		}
	}

	#retryLater(): void {
		if (this.#retrying) return;
		this.#retrying = true;
		this.#options.later(() => {
			this.#retrying = false;
			this.#drain();
		}, this.#retryMs);
	}
}
