// Reads a log across its files, from the oldest record to the newest, in blocks: never the whole of it.

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
	/** At most so many of the last lines; a line in several partial records counts as one. */
	readonly lines?: number;
	/** Only what came at this time or later: milliseconds since the epoch. */
	readonly sinceMs?: number;
	readonly stream?: LogStream;
}

export interface LogPlace {
	/** Of the files, the oldest of which is 0. */
	readonly file: number;
	readonly offset: number;
}

const blockBytes = 64 * 1024;
/** A file's time lags behind the clock by up to a tick of the kernel. */
const fileTimeMarginMs = 1000;

/**
 * The records that fit. The last one may be partial only because its line has no end yet. What is no record (torn by
 * a power cut) is left out. Nothing where there is no log; throws where it can't be read.
 */
export function* readLog(path: string, query: LogQuery = {}): Generator<LogRecord> {
	const files = openLogFiles(path);
	try {
		const start = placeOfLast(files, query);
		for (const [index, file] of files.entries()) {
			if (index < start.file) continue;
			const { rest } = yield* readRecords(file.fd, index === start.file ? start.offset : 0, query);
			const record = parseRecord(rest);
			if (record !== null && fits(record, query)) yield record;
		}
	} finally {
		closeLogFiles(files);
	}
}

/** The text of the last lines, for people; each partial record is a line of its own. None when the log can't be read. */
export function lastLogLines(path: string, count: number): string[] {
	try {
		const records = [...readLog(path, { lines: count })];
		const texts = records.map(({ text }) => text.toString('utf8'));
		return texts.filter((text) => text.trim() !== '').slice(-count);
	} catch {
		return [];
	}
}

export interface RecordsEnd {
	/** After the last finished record. */
	readonly offset: number;
	/** What stands there. */
	readonly rest: Buffer;
}

/** The finished records of one file, from `offset` on. */
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
			if (record !== null && fits(record, query)) yield record;
			from = to + 1;
		}
		rest = bytes.subarray(from);
		// No record of ours is longer: another program has written here.
		if (rest.length > maxRecordBytes) rest = rest.subarray(0, 0);
	}
}

/** Where the last `query.lines` lines begin, looked for from the end. */
export function placeOfLast(files: readonly OpenLogFile[], query: LogQuery): LogPlace {
	const { lines = null, sinceMs = 0, stream = null } = query;
	const tooOld = files.findLastIndex((file) => file.modifiedAtMs < sinceMs - fileTimeMarginMs);
	const first = { file: tooOld + 1, offset: 0 };
	const newest = files.at(-1);
	if (lines === null || newest === undefined) return first;
	let wanted = Math.max(0, lines - (hasUnfinished(newest.fd, stream) ? 1 : 0));
	for (let file = files.length - 1; file >= first.file; file--) {
		for (const offset of lineEnds(files[file]?.fd ?? -1, stream)) {
			// What is wanted begins after the end of the line before.
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

/** The offsets at which lines end, from the last one to the first. */
function* lineEnds(fd: number, stream: LogStream | null): Generator<number> {
	let recordEnd: number | null = null;
	for (let blockEnd = fstatSync(fd).size; blockEnd > 0; ) {
		const blockStart = Math.max(0, blockEnd - blockBytes);
		const ownBytes = blockEnd - blockStart;
		// With the header of a record that begins at the very end.
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

function fits(record: LogRecord, { sinceMs, stream }: LogQuery): boolean {
	if (stream !== undefined && record.stream !== stream) return false;
	// All times have the same form.
	return sinceMs === undefined || record.time >= recordTime(sinceMs);
}
