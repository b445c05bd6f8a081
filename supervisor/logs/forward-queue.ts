// Records that wait for a receiver, within a limit: where more come, the oldest are dropped and counted.

import { countRecords, lineFeed } from './log-line.ts';

/** What a chunk costs besides its bytes, so that many small ones are bounded as well. */
const chunkCostBytes = 200;

export class ForwardQueue {
	readonly #maxBytes: number;
	#chunks: Buffer[] = [];
	#cost = 0;
	#droppedLines = 0;

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	get isEmpty(): boolean {
		return this.#chunks.length === 0;
	}

	get droppedLines(): number {
		return this.#droppedLines;
	}

	/** Copies them. */
	add(records: Buffer): void {
		this.#chunks.push(Buffer.from(records));
		this.#cost += records.length + chunkCostBytes;
		while (this.#cost > this.#maxBytes) {
			const [oldest] = this.#chunks.splice(0, 1);
			if (oldest === undefined) return;
			this.#cost -= oldest.length + chunkCostBytes;
			this.#droppedLines += countRecords(oldest);
		}
	}

	/** The oldest records, at most `maxBytes` of them, but one in any case. */
	take(maxBytes: number): Buffer {
		const taken: Buffer[] = [];
		let room = maxBytes;
		while (room > 0) {
			const [oldest] = this.#chunks;
			if (oldest === undefined) break;
			const whole = oldest.length <= room;
			const cut = whole ? oldest.length : oldest.lastIndexOf(lineFeed, room - 1) + 1;
			if (cut === 0 && taken.length > 0) break;
			const end = cut === 0 ? oldest.indexOf(lineFeed) + 1 : cut;
			taken.push(oldest.subarray(0, end));
			room -= end;
			this.#cost -= end;
			if (end < oldest.length) {
				this.#chunks[0] = oldest.subarray(end);
				break;
			}
			this.#chunks.shift();
			this.#cost -= chunkCostBytes;
		}
		return Buffer.concat(taken);
	}

	/** The receiver knows of so many. */
	forgetDropped(lines: number): void {
		this.#droppedLines -= lines;
	}
}
