// A bounded queue of records that wait for a receiver. When it is full, it drops the oldest records and counts their lines.

import { countRecords, lineFeed } from './log-line.ts';

/** The memory of a chunk besides its bytes, so that the limit also bounds many small chunks. */
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

	/** Copies the records. */
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

	/** Removes and returns the oldest records, at most `maxBytes` of them, but at least one. */
	take(maxBytes: number): Buffer {
		const taken: Buffer[] = [];
		let room = maxBytes;
		while (room > 0) {
			const [oldest] = this.#chunks;
			if (oldest === undefined) break;
			const fits = oldest.length <= room;
			const fittingBytes = fits ? oldest.length : oldest.lastIndexOf(lineFeed, room - 1) + 1;
			if (fittingBytes === 0 && taken.length > 0) break;
			const end = fittingBytes === 0 ? oldest.indexOf(lineFeed) + 1 : fittingBytes;
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

	/** Subtracts lines that were reported to the receiver. */
	forgetDropped(lines: number): void {
		this.#droppedLines -= lines;
	}
}
