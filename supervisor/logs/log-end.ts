// What an earlier PID 1 left at the end of a log file: a record without its line end, and partial records.

import { type LogStream, lineFeed, maxRecordBytes, parseRecord } from './log-line.ts';
import { readTail } from './log-tail.ts';

export interface LogEnd {
	/** Where the next record belongs. */
	readonly atBytes: number;
	/** The record after that, which has no line end. */
	readonly unfinished: { readonly stream: LogStream; readonly record: Buffer } | null;
	/** The streams whose last finished record is partial. */
	readonly partial: ReadonlySet<LogStream>;
	/** The end is none of ours (a power cut has torn it): it has to be ended by a line end. */
	readonly torn: boolean;
}

/** As far back as the streams' last records are looked for. */
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
