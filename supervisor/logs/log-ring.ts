// A log on disk whose size is bounded: files of `maxBytes`, `maxFiles` of them. A file that is full becomes `.1`, `.1`
// becomes `.2`, the oldest goes; on a full disk, sooner.
//
// Right after a crash of PID 1 at any point: all that a call is given is written when it returns, by one system call
// a file, and the record that has no end yet stands behind the finished ones, without a line end, until it is written
// over. What can't be written is lost, told once, and counted. Nothing is flushed to the disk itself: a power cut may
// cost the last seconds.

import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type LogEnd, readLogEnd } from './log-end.ts';
import { removeOldestLogFile, rotateLogFiles } from './log-files.ts';
import { countRecords, lineFeed, maxRecordBytes } from './log-line.ts';

export interface RingLimits {
	readonly maxBytes: number;
	readonly maxFiles: number;
}

export interface RingObserver {
	/** Lines are being lost from now on. */
	onTrouble(error: unknown): void;
	/** Lines are written again. */
	onRecovered(lostLines: number): void;
}

/** A smaller file would hold no two records. */
const minBytes = 2 * maxRecordBytes;
const emptyBuffer = Buffer.alloc(0);

export class LogRing {
	readonly #path: string;
	readonly #limits: RingLimits;
	readonly #observer: RingObserver;
	#fd: number | null = null;
	/** The end of the finished records, and how much of an unfinished one stands behind it. */
	#endBytes = 0;
	#unfinishedBytes = 0;
	#lostLines = 0;
	#troubled = false;

	constructor(path: string, limits: RingLimits, observer: RingObserver) {
		this.#path = path;
		this.#limits = { ...limits, maxBytes: Math.max(limits.maxBytes, minBytes) };
		this.#observer = observer;
	}

	/** How an earlier PID 1 left the log, for the formatters; before the first `append`. Null when it can't be read. */
	resume(): LogEnd | null {
		try {
			const end = this.#open();
			this.#unfinishedBytes = end.unfinished?.record.length ?? 0;
			return end;
		} catch (error) {
			this.#lose(emptyBuffer, error);
			return null;
		}
	}

	/** Lines that could not be written since the last that could. */
	get lostLines(): number {
		return this.#lostLines;
	}

	/**
	 * `finished` are records with their line ends, the first of them what became of the unfinished one, if there was
	 * one. `unfinished` stands behind them; without finished ones it begins with what it was before.
	 */
	append(finished: Buffer, unfinished: Buffer): void {
		let left = finished;
		try {
			const fd = this.#fd;
			if (fd === null || this.#isForeign(fd)) this.#reopen();
			while (left.length > 0 || unfinished.length > this.#unfinishedBytes) {
				if (!this.#hasRoom(0)) this.#rotate();
				const part = left.subarray(0, this.#fitting(left));
				const isLast = part.length === left.length && this.#hasRoom(part.length);
				this.#write(part, isLast ? unfinished : emptyBuffer);
				left = left.subarray(part.length);
			}
			if (this.#troubled) this.#observer.onRecovered(this.#lostLines);
			this.#troubled = false;
			this.#lostLines = 0;
		} catch (error) {
			this.#leaveNoHalf();
			// What is new is worth more than what is old.
			if (isFull(error) && removeOldestLogFile(this.#path)) this.append(left, unfinished);
			else this.#lose(left, error);
		}
	}

	close(): void {
		if (this.#fd !== null) closeSync(this.#fd);
		this.#fd = null;
	}

	#open(): LogEnd {
		this.#fd = openFile(this.#path);
		const end = readLogEnd(this.#fd, fstatSync(this.#fd).size);
		this.#endBytes = end.atBytes;
		this.#unfinishedBytes = 0;
		if (end.torn) this.#endLine();
		return end;
	}

	#reopen(): void {
		this.close();
		const { unfinished } = this.#open();
		if (unfinished === null) return;
		// Not what the formatter has: it must not be written over.
		this.#endBytes += unfinished.record.length;
		this.#endLine();
	}

	#endLine(): void {
		this.#endBytes += writeSync(this.#fd ?? -1, Buffer.of(lineFeed), 0, 1, this.#endBytes);
	}

	/** Somebody has removed the file or changed its length. */
	#isForeign(fd: number): boolean {
		const { nlink, size } = fstatSync(fd);
		return nlink === 0 || size !== this.#endBytes + this.#unfinishedBytes;
	}

	/** An unfinished record has had its room since it began. */
	#hasRoom(partBytes: number): boolean {
		if (this.#unfinishedBytes > 0 && partBytes === 0) return true;
		return this.#endBytes + partBytes + maxRecordBytes <= this.#limits.maxBytes;
	}

	/** How many of these bytes fit, in whole records; one does in any case. */
	#fitting(records: Buffer): number {
		const roomBytes = this.#limits.maxBytes - this.#endBytes;
		if (records.length <= roomBytes) return records.length;
		const fitting = roomBytes > 0 ? records.lastIndexOf(lineFeed, roomBytes - 1) + 1 : 0;
		return fitting > 0 ? fitting : records.indexOf(lineFeed) + 1;
	}

	#rotate(): void {
		this.close();
		rotateLogFiles(this.#path, this.#limits.maxFiles);
		this.#open();
	}

	#write(records: Buffer, unfinished: Buffer): void {
		const fd = this.#fd ?? -1;
		const before = this.#endBytes + this.#unfinishedBytes;
		// A line that grows is not written from its beginning each time.
		const knownBytes = records.length === 0 ? this.#unfinishedBytes : 0;
		writeAll(fd, [records, unfinished.subarray(knownBytes)], this.#endBytes + knownBytes);
		this.#endBytes += records.length;
		this.#unfinishedBytes = unfinished.length;
		// A line that was split before a character of several bytes has become shorter.
		if (this.#endBytes + this.#unfinishedBytes < before) {
			ftruncateSync(fd, this.#endBytes + this.#unfinishedBytes);
		}
	}

	/** Of a record, after a write that failed. */
	#leaveNoHalf(): void {
		try {
			if (this.#fd !== null) ftruncateSync(this.#fd, this.#endBytes);
		} catch {
			// On a read-only disk there is no half of one.
		}
		this.#unfinishedBytes = 0;
	}

	#lose(records: Buffer, error: unknown): void {
		this.#lostLines += countRecords(records);
		this.close();
		if (!this.#troubled) this.#observer.onTrouble(error);
		this.#troubled = true;
	}
}

function openFile(path: string): number {
	const flags = constants.O_RDWR | constants.O_CREAT;
	try {
		return openSync(path, flags, 0o644);
	} catch {
		makeFolder(dirname(path));
		return openSync(path, flags, 0o644);
	}
}

function isFull(error: unknown): boolean {
	return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function writeAll(fd: number, parts: readonly Buffer[], atBytes: number): void {
	const written = writevSync(fd, parts, atBytes);
	// The disk is nearly full: the rest goes in or says why not.
	const rest = written === totalBytes(parts) ? emptyBuffer : Buffer.concat(parts).subarray(written);
	for (let offset = 0; offset < rest.length; ) {
		offset += writeSync(fd, rest, offset, rest.length - offset, atBytes + written + offset);
	}
}

function totalBytes(parts: readonly Buffer[]): number {
	return parts.reduce((bytes, part) => bytes + part.length, 0);
}
