// Reads what an earlier PID 1 left at the end of a log file: a record without its line end, and partial records.

import { type LogStream, lineFeed, maxRecordBytes, parseRecord } from './log-line.ts';
import { readTail } from './log-tail.ts';

export interface LogEnd {
	/** The offset of the next record. */
	readonly atBytes: number;
	/** The record at that offset, which has no line end. */
	readonly unfinished: { readonly stream: LogStream; readonly record: Buffer } | null;
	/** The streams whose last finished record is partial. */
	readonly partial: ReadonlySet<LogStream>;
	/** The file does not end in a record, e.g. after a power cut; a line end must follow before the next record. */
	readonly torn: boolean;
}

/** How far from the end the last records of both streams are searched. */
const lookBackBytes = 4 * maxRecordBytes;

export function readLogEnd(fd: number, sizeBytes: number): LogEnd {
	const { bytes, offset } = readTail(fd, lookBackBytes, sizeBytes);
	const finishedBytes = bytes.lastIndexOf(lineFeed) + 1;
	const rest = bytes.subarray(finishedBytes);
	const last = parseRecord(rest);
	const torn = rest.length > 0 && (last === null || !last.partial || rest.length >= maxRecordBytes);
	return {
		atBytes: torn ? sizeBytes : offset + finishedBytes,
		unfinished: torn || last === null ? null : { stream: last.stream, record: rest },
		partial: partialStreams(bytes.subarray(0, finishedBytes)),
		torn,
	};
}

function partialStreams(records: Buffer): Set<LogStream> {
	const partial = new Set<LogStream>();
	for (let from = 0; from < records.length; ) {
		const to = records.indexOf(lineFeed, from);
		const record = parseRecord(records.subarray(from, to));
		if (record?.partial === true) partial.add(record.stream);
		else if (record !== null) partial.delete(record.stream);
		from = to + 1;
	}
	return partial;
}
