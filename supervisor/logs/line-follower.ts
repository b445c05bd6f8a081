// Follows a log whose files hold lines of text, such as PID 1's own, as log-follower.ts does with the records of a service.

import { readSync } from 'node:fs';
import { followFiles } from './log-follower.ts';
import { lineFeed } from './log-line.ts';
import type { LogPlace } from './log-reader.ts';
import type { OpenLogFile } from './open-log-files.ts';

interface LineQuery {
	/** At most this number of the last lines that are there; Infinity for all. */
	readonly lines: number;
	readonly isShown: (line: string) => boolean;
}

interface PlacedLine {
	readonly text: string;
	readonly offset: number;
}

const blockBytes = 64 * 1024;
/** A longer line comes in pieces. */
const maxLineBytes = 64 * 1024;

/** Yields the lines that are shown, each once it has its end, until `signal` is aborted. Throws when the log can't be read. */
export function followLines(path: string, query: LineQuery, signal: AbortSignal): AsyncGenerator<string> {
	const reading = {
		start: (files: readonly OpenLogFile[]) => placeOfLastLines(files, query),
		*read(fd: number, offset: number) {
			const lines = readLines(fd, offset);
			for (;;) {
				const { value, done } = lines.next();
				if (done === true) return value;
				if (query.isShown(value.text)) yield value.text;
			}
		},
	};
	return followFiles(path, reading, signal);
}

/** Such logs are small: all of them is read. */
function placeOfLastLines(files: readonly OpenLogFile[], { lines, isShown }: LineQuery): LogPlace {
	let end: LogPlace = { file: 0, offset: 0 };
	const places: LogPlace[] = [];
	for (const [file, { fd }] of files.entries()) {
		const read = readLines(fd, 0);
		for (let next = read.next(); ; next = read.next()) {
			const { offset } = next.value;
			if (next.done === true) {
				end = { file, offset };
				break;
			}
			if (isShown(next.value.text)) places.push({ file, offset });
			if (places.length > lines) places.shift();
		}
	}
	return places[0] ?? end;
}

/** Yields the finished lines from `offset` on, and returns the offset after the last. */
function* readLines(fd: number, offset: number): Generator<PlacedLine, { readonly offset: number }> {
	let start = offset;
	let rest: Buffer = Buffer.alloc(0);
	for (;;) {
		const block = Buffer.allocUnsafe(blockBytes);
		const length = readSync(fd, block, 0, block.length, start + rest.length);
		if (length === 0) return { offset: start };
		rest = Buffer.concat([rest, block.subarray(0, length)]);
		for (;;) {
			const feed = rest.indexOf(lineFeed);
			if (feed === -1 && rest.length < maxLineBytes) break;
			const size = feed === -1 ? maxLineBytes : feed;
			yield { text: rest.toString('utf8', 0, size), offset: start };
			const used = feed === -1 ? size : size + 1;
			start += used;
			rest = rest.subarray(used);
		}
	}
}
