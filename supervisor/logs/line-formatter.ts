// Makes log records of a stream of a service: splits the bytes into lines and long lines into partial records, and keeps the
// beginning of a line that has no end yet. Pure, apart from that beginning.

import {
	headerBytes,
	type LogStream,
	lineFeed,
	markFull,
	maxRecordBytes,
	maxTextBytes,
	recordHeader,
} from './log-line.ts';

/**
 * Takes finished records, and the unfinished one: it has no line end yet, is tagged as partial, and comes again, longer or
 * finished, at the front of a later call. Is called several times for large input.
 */
type TakeRecords = (finished: Buffer, unfinished: Buffer) => void;

/** Large enough that few writes are needed. */
const outputBytes = 128 * 1024;
const maxCharacterBytes = 4;
const emptyBuffer = Buffer.alloc(0);
/** Shared by all formatters, because nothing in it outlives a call. */
let scratch: Buffer | null = null;

export class LineFormatter {
	readonly #stream: LogStream;
	/** A record without its line end; empty when every line has ended. */
	#unfinished: Buffer;
	/** The last finished record was partial. */
	#partial: boolean;

	/** `unfinished` and `partial` are what an earlier formatter of this stream left; see `readLogEnd`. */
	constructor(stream: LogStream, unfinished: Buffer = emptyBuffer, partial = false) {
		this.#stream = stream;
		this.#unfinished = unfinished;
		this.#partial = partial;
	}

	get isUnfinished(): boolean {
		return this.#unfinished.length > 0;
	}

	add(bytes: Buffer, timeMs: number, take: TakeRecords): void {
		scratch ??= Buffer.allocUnsafeSlow(outputBytes);
		const output = scratch;
		let length = this.#finishFrom(bytes, output);
		const rest = length === 0 ? bytes : bytes.subarray(length - this.#unfinished.length);
		const begun = length === 0 ? this.#unfinished : emptyBuffer;
		const text = begun.length === 0 ? rest : Buffer.concat([begun.subarray(headerBytes), rest]);
		const full = recordHeader(timeMs, this.#stream, 'full');
		const partial = recordHeader(timeMs, this.#stream, 'partial');
		let from = 0;
		for (;;) {
			const lineEnd = text.indexOf(lineFeed, from);
			let to = lineEnd === -1 ? text.length : lineEnd;
			const isPartial = to - from > maxTextBytes;
			if (isPartial) to = splitPlace(text, from + maxTextBytes);
			else if (lineEnd === -1) break;
			if (length + maxRecordBytes > output.length) {
				take(output.subarray(0, length), emptyBuffer);
				length = 0;
			}
			output.set(isPartial ? partial : full, length);
			// The record keeps the time at which the line began.
			if (from === 0 && begun.length > 0) begun.copy(output, length, 0, headerBytes - 2);
			length += headerBytes;
			text.copy(output, length, from, to);
			length += to - from;
			output[length++] = lineFeed;
			this.#partial = isPartial;
			from = isPartial ? to : to + 1;
		}
		const header = from === 0 && begun.length > 0 ? begun.subarray(0, headerBytes) : partial;
		// `concat` copies; a view would keep all of the input in memory.
		this.#unfinished = from === text.length ? emptyBuffer : Buffer.concat([header, text.subarray(from)]);
		take(output.subarray(0, length), this.#unfinished);
	}

	/** Finishes the unfinished line without a copy of the bytes after it, and returns its length; 0 when that is not possible. */
	#finishFrom(bytes: Buffer, output: Buffer): number {
		const begun = this.#unfinished;
		const lineEnd = bytes.indexOf(lineFeed);
		const length = begun.length + lineEnd + 1;
		if (begun.length === 0 || lineEnd === -1 || length > maxRecordBytes) return 0;
		begun.copy(output);
		bytes.copy(output, begun.length, 0, lineEnd + 1);
		markFull(output);
		this.#partial = false;
		return length;
	}

	/** Ends the unfinished record as partial, because another stream's record follows. Returns an empty buffer when there is none. */
	breakOff(): Buffer {
		if (!this.isUnfinished) return emptyBuffer;
		const record = Buffer.concat([this.#unfinished, Buffer.of(lineFeed)]);
		this.#unfinished = emptyBuffer;
		this.#partial = true;
		return record;
	}

	/** Ends the last line as full, because the container has ended. */
	end(timeMs: number): Buffer {
		if (!this.isUnfinished && this.#partial) this.#unfinished = recordHeader(timeMs, this.#stream, 'full');
		const record = this.breakOff();
		this.#partial = false;
		return record.length === 0 ? record : markFull(record);
	}
}

/** Returns `to` or up to three bytes less, so that no UTF-8 character is split. */
function splitPlace(text: Buffer, to: number): number {
	for (let place = to; place > to - maxCharacterBytes; place--) {
		if (((text[place] ?? 0) & 0xc0) !== 0x80) return place;
	}
	return to;
}
