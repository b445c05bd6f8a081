// One record of a service's log, in the format that Kubernetes' Container Runtime Interface gives log files:
//
//   2016-10-06T00:17:09.669000000Z stdout F the text of a line
//
// The tag is `F` (full) for a record that ends its line, and `P` (partial) when the line continues in the next record of the
// same stream. The text holds the bytes that the service wrote, except `\n`. Pure.

export type LogStream = 'stdout' | 'stderr';

type LogTag = 'full' | 'partial';

export interface LogRecord {
	/** RFC 3339, UTC, nine digits of a second. */
	readonly time: string;
	readonly stream: LogStream;
	/** The line continues in the next record of this stream. */
	readonly partial: boolean;
	readonly text: Buffer;
}

export const lineFeed = 0x0a;
/** The header has a fixed width: time, stream and tag are at fixed offsets. */
export const headerBytes = 40;
const streamOffset = 31;
const tagOffset = 38;
/** Longer lines are split into partial records. */
export const maxTextBytes = 16 * 1024;
/** Includes the line end. */
export const maxRecordBytes = headerBytes + maxTextBytes + 1;

const fullTag = 'F'.charCodeAt(0);
const timeEnd = streamOffset - 1;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
const headerTails: Readonly<Record<string, { readonly stream: LogStream; readonly partial: boolean }>> = {
	' stdout F ': { stream: 'stdout', partial: false },
	' stdout P ': { stream: 'stdout', partial: true },
	' stderr F ': { stream: 'stderr', partial: false },
	' stderr P ': { stream: 'stderr', partial: true },
};

export function recordTime(timeMs: number): string {
	return new Date(timeMs).toISOString().replace('Z', '000000Z');
}

export function recordHeader(timeMs: number, stream: LogStream, tag: LogTag): Buffer {
	return Buffer.from(`${recordTime(timeMs)} ${stream} ${tag === 'full' ? 'F' : 'P'} `, 'latin1');
}

/** Tags the record as full, in place, and returns it. */
export function markFull(record: Buffer): Buffer {
	record[tagOffset] = fullTag;
	return record;
}

/** Returns null for a line that is not such a record. The text is a view of `line`. */
export function parseRecord(line: Buffer): LogRecord | null {
	const time = line.toString('latin1', 0, timeEnd);
	const kind = headerTails[line.toString('latin1', timeEnd, headerBytes)];
	if (kind === undefined || !timePattern.test(time)) return null;
	return { time, ...kind, text: line.subarray(headerBytes) };
}

/** Reports whether a line of `stream`, or of any stream, ends in the record at `offset`. Faster than `parseRecord`. */
export function endsLine(bytes: Buffer, offset: number, stream: LogStream | null): boolean {
	if (bytes[offset + tagOffset] !== fullTag) return false;
	return stream === null || bytes[offset + streamOffset + 3] === stream.charCodeAt(3);
}

export function countRecords(records: Buffer): number {
	let count = 0;
	for (let at = records.indexOf(lineFeed); at !== -1; at = records.indexOf(lineFeed, at + 1)) count++;
	return count;
}
