// Makes records of what a stream of a service brings: splits it into lines and long lines into partial records, and keeps the
// beginning of a line that has no end yet. Pure, apart from that beginning.

import {
	HEADER_BYTES,
	LINE_END,
	type LogStream,
	MAX_RECORD_BYTES,
	MAX_TEXT_BYTES,
	markFull,
	recordHeader,
} from './log-line.ts';

/**
 * Takes finished records, and the one that is not finished: it has no line end yet, is tagged as partial, and will be
 * given again, longer or finished, at the front of a later call. Called several times for much input.
 */
export type TakeRecords = (finished: Buffer, unfinished: Buffer) => void;

/** Large enough that a write is worth its call. */
const OUTPUT_BYTES = 128 * 1024;
const LONGEST_CHARACTER_BYTES = 4;
const NOTHING = Buffer.alloc(0);
/** One for all formatters, made when the first needs it: nothing in it outlives a call. */
let scratch: Buffer | null = null;

export class LineFormatter {
	readonly #stream: LogStream;
	/** A record without its line end; empty when every line has ended. */
	#unfinished: Buffer;
	/** The last finished record was partial. */
	#partial: boolean;

	/** What an earlier formatter of this stream has left: see `readLogEnd`. */
	constructor(stream: LogStream, unfinished: Buffer = NOTHING, partial = false) {
		this.#stream = stream;
		this.#unfinished = unfinished;
		this.#partial = partial;
	}

	get isUnfinished(): boolean {
		return this.#unfinished.length > 0;
	}

	add(bytes: Buffer, timeMs: number, take: TakeRecords): void {
		scratch ??= Buffer.allocUnsafeSlow(OUTPUT_BYTES);
		const output = scratch;
		let length = this.#finishFrom(bytes, output);
		const rest = length === 0 ? bytes : bytes.subarray(length - this.#unfinished.length);
		const begun = length === 0 ? this.#unfinished : NOTHING;
		const text = begun.length === 0 ? rest : Buffer.concat([begun.subarray(HEADER_BYTES), rest]);
		const full = recordHeader(timeMs, this.#stream, 'full');
		const partial = recordHeader(timeMs, this.#stream, 'partial');
		let from = 0;
		for (;;) {
			const lineEnd = text.indexOf(LINE_END, from);
			let to = lineEnd === -1 ? text.length : lineEnd;
			const isPartial = to - from > MAX_TEXT_BYTES;
			if (isPartial) to = splitPlace(text, from + MAX_TEXT_BYTES);
			else if (lineEnd === -1) break;
			if (length + MAX_RECORD_BYTES > output.length) {
				take(output.subarray(0, length), NOTHING);
				length = 0;
			}
			output.set(isPartial ? partial : full, length);
			// The line has the time of its beginning.
			if (from === 0 && begun.length > 0) begun.copy(output, length, 0, HEADER_BYTES - 2);
			length += HEADER_BYTES;
			text.copy(output, length, from, to);
			length += to - from;
			output[length++] = LINE_END;
			this.#partial = isPartial;
			from = isPartial ? to : to + 1;
		}
		const header = from === 0 && begun.length > 0 ? begun.subarray(0, HEADER_BYTES) : partial;
		// A copy: a view would keep all of the input alive.
		this.#unfinished = from === text.length ? NOTHING : Buffer.concat([header, text.subarray(from)]);
		take(output.subarray(0, length), this.#unfinished);
	}

	/** The usual end of the unfinished line, without a copy of all that comes after it; 0 when it is not that. */
	#finishFrom(bytes: Buffer, output: Buffer): number {
		const begun = this.#unfinished;
		const lineEnd = bytes.indexOf(LINE_END);
		const length = begun.length + lineEnd + 1;
		if (begun.length === 0 || lineEnd === -1 || length > MAX_RECORD_BYTES) return 0;
		begun.copy(output);
		bytes.copy(output, begun.length, 0, lineEnd + 1);
		markFull(output);
		this.#partial = false;
		return length;
	}

	/** Ends the unfinished record as partial, because another stream's record follows. Returns an empty buffer when there is none. */
	breakOff(): Buffer {
		if (!this.isUnfinished) return NOTHING;
		const record = Buffer.concat([this.#unfinished, Buffer.of(LINE_END)]);
		this.#unfinished = NOTHING;
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
	for (let place = to; place > to - LONGEST_CHARACTER_BYTES; place--) {
		if (((text[place] ?? 0) & 0xc0) !== 0x80) return place;
	}
	return to;
}
