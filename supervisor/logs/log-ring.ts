// A log on disk of bounded size: at most `maxFiles` files of `maxBytes`. A full file becomes `.1`, `.1` becomes `.2`, and the
// oldest is removed; on a full disk, earlier.
//
// The log is correct after a crash of PID 1 at any point. A call has written all of its records when it returns, with one
// system call for each file. The unfinished record is behind the finished ones, without a line end, until it is overwritten.
// Records that can't be written are lost, reported once, and counted. Nothing is flushed to the disk, so that a power cut may
// lose the last seconds.

import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { type LogEnd, readLogEnd } from './log-end.ts';
import { removeOldestLogFile, rotateLogFiles } from './log-files.ts';
import { countRecords, lineFeed, maxRecordBytes } from './log-line.ts';

export interface RingLimits {
	readonly maxBytes: number;
	readonly maxFiles: number;
}

export interface RingObserver {
	/** Lines are lost from now on. */
	onTrouble(error: unknown): void;
	/** Lines are written again. */
	onRecovered(lostLines: number): void;
}

/** The size of two records. */
const minBytes = 2 * maxRecordBytes;
const emptyBuffer = Buffer.alloc(0);

export class LogRing {
	readonly #path: string;
	readonly #limits: RingLimits;
	readonly #observer: RingObserver;
	#fd: number | null = null;
	/** The end of the finished records, and the length of the unfinished one behind it. */
	#endBytes = 0;
	#unfinishedBytes = 0;
	#lostLines = 0;
	#troubled = false;

	constructor(path: string, limits: RingLimits, observer: RingObserver) {
		this.#path = path;
		this.#limits = { ...limits, maxBytes: Math.max(limits.maxBytes, minBytes) };
		this.#observer = observer;
	}

	/** Returns how an earlier PID 1 left the log, for the formatters; null when it can't be read. Call it before `append`. */
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

	/** The number of lines that could not be written since the last successful write. */
	get lostLines(): number {
		return this.#lostLines;
	}

	/**
	 * @param finished - records with their line ends. The first one completes the unfinished record, if there was one.
	 * @param unfinished - the record behind them. Without finished records it begins with the unfinished record of before.
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
			this.#removeIncomplete();
			// New records are worth more than old ones.
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
		// The formatter does not know this record, so it must not be overwritten.
		this.#endBytes += unfinished.record.length;
		this.#endLine();
	}

	#endLine(): void {
		this.#endBytes += writeSync(this.#fd ?? -1, Buffer.of(lineFeed), 0, 1, this.#endBytes);
	}

	/** Reports whether another program has removed the file or changed its length. */
	#isForeign(fd: number): boolean {
		const { nlink, size } = fstatSync(fd);
		return nlink === 0 || size !== this.#endBytes + this.#unfinishedBytes;
	}

	/** The room for an unfinished record was reserved when it began. */
	#hasRoom(partBytes: number): boolean {
		if (this.#unfinishedBytes > 0 && partBytes === 0) return true;
		return this.#endBytes + partBytes + maxRecordBytes <= this.#limits.maxBytes;
	}

	/** Returns how many bytes of complete records fit, at least those of one record. */
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
		// The known beginning of a growing line is not written again.
		const knownBytes = records.length === 0 ? this.#unfinishedBytes : 0;
		writeAll(fd, [records, unfinished.subarray(knownBytes)], this.#endBytes + knownBytes);
		this.#endBytes += records.length;
		this.#unfinishedBytes = unfinished.length;
		// A line that was split before a multi-byte character is shorter now.
		if (this.#endBytes + this.#unfinishedBytes < before) {
			ftruncateSync(fd, this.#endBytes + this.#unfinishedBytes);
		}
	}

	/** Removes the incomplete record that a failed write may have left. */
	#removeIncomplete(): void {
		try {
			if (this.#fd !== null) ftruncateSync(this.#fd, this.#endBytes);
		} catch {
			// A read-only disk has none.
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
	return hasCode(error, 'ENOSPC', 'EDQUOT');
}

function writeAll(fd: number, parts: readonly Buffer[], atBytes: number): void {
	const written = writevSync(fd, parts, atBytes);
	// After a short write on a nearly full disk, the next write succeeds or throws the reason.
	const rest = written === totalBytes(parts) ? emptyBuffer : Buffer.concat(parts).subarray(written);
	for (let offset = 0; offset < rest.length; ) {
		offset += writeSync(fd, rest, offset, rest.length - offset, atBytes + written + offset);
	}
}

function totalBytes(parts: readonly Buffer[]): number {
	return parts.reduce((bytes, part) => bytes + part.length, 0);
}
