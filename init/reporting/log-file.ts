// The log file of PID 1. It lies in memory (/run), so its size is bounded: a full one becomes NAME.1, and a new one begins.

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';

export class LogFile {
	readonly #path: string;
	readonly #maxBytes: number;
	#fd: number | null = null;
	#sizeBytes = 0;

	constructor(path: string, maxBytes: number) {
		this.#path = path;
		this.#maxBytes = maxBytes;
	}

	/** Appends a line. A log that can't be written must not stop the system, so this throws nothing. */
	write(line: string): void {
		try {
			const bytes = Buffer.from(line, 'utf8');
			if (this.#sizeBytes + bytes.length > this.#maxBytes) this.#rotate();
			this.#fd ??= this.#open();
			this.#sizeBytes += writeSync(this.#fd, bytes);
		} catch {
			this.#close();
		}
	}

	#open(): number {
		makeFolder(dirname(this.#path));
		const fd = openSync(this.#path, 'a', 0o640);
		this.#sizeBytes = fstatSync(fd).size;
		return fd;
	}

	#rotate(): void {
		this.#close();
		this.#sizeBytes = 0;
		renameSync(this.#path, `${this.#path}.1`);
	}

	#close(): void {
		if (this.#fd !== null) closeSync(this.#fd);
		this.#fd = null;
	}
}
