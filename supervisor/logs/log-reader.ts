// Reads a log across its files, from the oldest record to the newest, in blocks, so that it never holds all of a log.

import { fstatSync, readSync } from 'node:fs';
import { readLogEnd } from './log-end.ts';
import {
	endsLine,
	headerBytes,
	type LogRecord,
	type LogStream,
	lineFeed,
	maxRecordBytes,
	parseRecord,
	recordTime,
} from './log-line.ts';
import { closeLogFiles, type OpenLogFile, openLogFiles } from './open-log-files.ts';

export interface LogQuery {
	/** At most this number of the last lines; a line in several partial records counts as one. */
	readonly lines?: number;
	/** Only records of this time or later, in milliseconds since the epoch. */
	readonly sinceMs?: number;
	readonly stream?: LogStream;
}

export interface LogPlace {
	/** The index of a file; 0 is the oldest. */
	readonly file: number;
	readonly offset: number;
}

const blockBytes = 64 * 1024;
/** A file's time may be a tick of the kernel behind the clock. */
const fileTimeMarginMs = 1000;

/**
 * Yields the records that match `query`. The last one may be partial only because its line has no end yet. Lines that are no
 * records, e.g. after a power cut, are left out. Yields nothing when there is no log. Throws when it can't be read.
 */
export function* readLog(path: string, query: LogQuery = {}): Generator<LogRecord> {
	const files = openLogFiles(path);
	try {
		const start = placeOfLast(files, query);
		for (const [index, file] of files.entries()) {
			if (index < start.file) continue;
			const { rest } = yield* readRecords(file.fd, index === start.file ? start.offset : 0, query);
			const record = parseRecord(rest);
			if (record !== null && matches(record, query)) yield record;
		}
	} finally {
		closeLogFiles(files);
	}
}

/**
 * Returns the text of the last records that are not blank, for people; each partial record is a line of its own. Returns none
 * when the log can't be read.
 */
export function lastLogLines(path: string, count: number): string[] {
	try {
		const records = [...readLog(path, { lines: count })];
		const texts = records.map(({ text }) => text.toString('utf8'));
		return texts.filter((text) => text.trim() !== '').slice(-count);
	} catch {
		return [];
	}
}

interface RecordsEnd {
	/** The offset after the last finished record. */
	readonly offset: number;
	/** The bytes at that offset. */
	readonly rest: Buffer;
}

/** Yields the finished records of one file, from `offset` on. */
export function* readRecords(fd: number, offset: number, query: LogQuery): Generator<LogRecord, RecordsEnd> {
	let rest: Buffer = Buffer.alloc(0);
	for (let at = offset; ; ) {
		const block = Buffer.allocUnsafe(blockBytes);
		const length = readSync(fd, block, 0, block.length, at);
		if (length === 0) return { offset: at - rest.length, rest };
		at += length;
		const bytes = Buffer.concat([rest, block.subarray(0, length)]);
		let from = 0;
		for (let to = bytes.indexOf(lineFeed); to !== -1; to = bytes.indexOf(lineFeed, from)) {
			const record = parseRecord(bytes.subarray(from, to));
			if (record !== null && matches(record, query)) yield record;
			from = to + 1;
		}
		rest = bytes.subarray(from);
		// No record is longer: another program has written to the file.
		if (rest.length > maxRecordBytes) rest = rest.subarray(0, 0);
	}
}

/** Returns where the last `query.lines` lines begin. Searches from the end. */
export function placeOfLast(files: readonly OpenLogFile[], query: LogQuery): LogPlace {
	const { lines = null, sinceMs = 0, stream = null } = query;
	const tooOld = files.findLastIndex((file) => file.modifiedAtMs < sinceMs - fileTimeMarginMs);
	const first = { file: tooOld + 1, offset: 0 };
	const newest = files.at(-1);
	if (lines === null || newest === undefined) return first;
	let wanted = Math.max(0, lines - (hasUnfinished(newest.fd, stream) ? 1 : 0));
	for (let file = files.length - 1; file >= first.file; file--) {
		for (const offset of lineEnds(files[file]?.fd ?? -1, stream)) {
			// The first of the lines begins after the end of the line before it.
			if (wanted === 0) return { file, offset };
			wanted--;
		}
	}
	return first;
}

function hasUnfinished(fd: number, stream: LogStream | null): boolean {
	const { unfinished } = readLogEnd(fd, fstatSync(fd).size);
	return unfinished !== null && (stream === null || unfinished.stream === stream);
}

/** Yields the offsets at which lines end, from the last to the first. */
function* lineEnds(fd: number, stream: LogStream | null): Generator<number> {
	let recordEnd: number | null = null;
	for (let blockEnd = fstatSync(fd).size; blockEnd > 0; ) {
		const blockStart = Math.max(0, blockEnd - blockBytes);
		const ownBytes = blockEnd - blockStart;
		// The block includes the header of a record that begins at its end.
		const bytes = Buffer.alloc(ownBytes + headerBytes);
		readSync(fd, bytes, 0, bytes.length, blockStart);
		let at = bytes.lastIndexOf(lineFeed, ownBytes - 1);
		while (at !== -1) {
			if (recordEnd !== null && endsLine(bytes, at + 1, stream)) yield recordEnd;
			recordEnd = blockStart + at + 1;
			at = at === 0 ? -1 : bytes.lastIndexOf(lineFeed, at - 1);
		}
		if (blockStart === 0 && recordEnd !== null && endsLine(bytes, 0, stream)) yield recordEnd;
		blockEnd = blockStart;
	}
}

function matches(record: LogRecord, { sinceMs, stream }: LogQuery): boolean {
	if (stream !== undefined && record.stream !== stream) return false;
	// Times have one format, so that they compare as strings.
	return sinceMs === undefined || record.time >= recordTime(sinceMs);
}
