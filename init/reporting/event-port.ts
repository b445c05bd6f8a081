// The port that `slipway.events=` names: PID 1 writes its JSON lines to it and reads the host's commands from it.
//
// The device may not exist yet (a virtio port needs its driver), so lines are buffered until `tryOpen` succeeds.

import { constants as fsConstants, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { BoundedWriter } from './bounded-writer.ts';

/** The lines of a whole boot are 20 KB. A port that nobody reads must not cost more memory than this. */
const maxWaitingBytes = 256 * 1024;
const maxCommandBytes = 4096;

type PortCalls = Pick<Native, 'makeRaw' | 'readAvailable' | 'watchReadable' | 'writeAvailable'>;

export class EventPort {
	readonly #native: PortCalls;
	readonly #path: string | null;
	readonly #onLine: (line: string) => void;
	readonly #writer: BoundedWriter;
	#fd: number | null = null;

	/** @param path - the device, null when the host wants no events */
	constructor(native: PortCalls, path: string | null, onLine: (line: string) => void) {
		this.#native = native;
		this.#path = path;
		this.#onLine = onLine;
		this.#writer = new BoundedWriter({
			write: (bytes) => (this.#fd === null ? 0 : native.writeAvailable(this.#fd, bytes)),
			maxBytes: maxWaitingBytes,
			lostLine: (lostLines) => `${JSON.stringify({ level: 'warn', msg: `${lostLines} lines were lost` })}\n`,
			later: setTimeout,
		});
	}

	write(line: string): void {
		if (this.#path !== null) this.#writer.write(line);
	}

	/** Opens the device if it exists; to be called again when there are new devices. */
	tryOpen(): boolean {
		if (this.#path === null || this.#fd !== null) return true;
		const { O_RDWR, O_NONBLOCK, O_NOCTTY } = fsConstants;
		try {
			this.#fd = openSync(this.#path, O_RDWR | O_NONBLOCK | O_NOCTTY);
		} catch {
			return false;
		}
		try {
			this.#native.makeRaw(this.#fd);
		} catch {
			// ENOTTY: a virtio port has no line discipline.
		}
		this.#listen(this.#fd);
		this.#writer.open();
		return true;
	}

	flush(timeoutMs: number, now: () => number): void {
		this.#writer.flush(timeoutMs, now);
	}

	#listen(fd: number): void {
		const splitter = new LineSplitter(maxCommandBytes);
		const stop = this.#native.watchReadable(fd, () => {
			try {
				const bytes = this.#native.readAvailable(fd, maxCommandBytes);
				if (bytes === null) return;
				// An empty read is a hang-up: the port would stay readable for ever.
				if (bytes.length === 0) stop();
				for (const line of splitter.add(bytes)) this.#onLine(line);
			} catch {
				stop();
			}
		});
	}
}

/** Splits bytes into lines of at most `maxBytes`: input from outside may never send a line end. */
export class LineSplitter {
	readonly #maxBytes: number;
	#rest = '';

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/** Returns the lines that are complete now, without their ends. */
	add(bytes: Buffer): string[] {
		const lines = (this.#rest + bytes.toString('latin1')).split('\n');
		const rest = lines.pop() ?? '';
		this.#rest = rest.length > this.#maxBytes ? '' : rest;
		return lines
			.map((line) => Buffer.from(line, 'latin1').toString('utf8').trim())
			.filter((line) => line !== '');
	}
}
