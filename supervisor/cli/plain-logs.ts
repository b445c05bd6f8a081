// `service logs` of what is not a service: onboot and onshutdown containers, whose output is kept as it comes, and PID 1
// itself, whose log is JSON lines.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { printableLines } from '../../native/text/printable.ts';
import { isRecord } from '../contract/json-shape.ts';
import { outputPaths } from '../logs/output-files.ts';
import { consoleEventLine } from './tables.ts';

/** The name under which PID 1's own log is shown. */
export const PID1_NAME = 'init';

export interface LogPlaces {
	/** Of the containers that run once. */
	readonly runLog: string;
	readonly initLog: string;
}

export interface ShowPlain {
	/** Of the last lines; undefined for all. */
	readonly lines: number | undefined;
	/** Seconds of CLOCK_MONOTONIC; only PID 1's lines have a time. */
	readonly since: number | undefined;
	readonly json: boolean;
	readonly write: (text: string) => unknown;
}

/** What a log is read of at most, from its end. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @param name - `onboot/000-dhcpcd` */
export function showOneShotLog(name: string, { runLog }: LogPlaces, show: ShowPlain): void {
	const paths = outputPaths(runLog, name.replace('/', '.'));
	for (const stream of ['stdout', 'stderr'] as const) {
		for (const line of last(linesOf(paths[stream]), show.lines))
			show.write(
				show.json ? `${JSON.stringify({ service: name, stream, line })}\n` : `${printableLines(line)}\n`,
			);
	}
}

export function showInitLog({ initLog }: LogPlaces, show: ShowPlain): void {
	const lines = [...linesOf(`${initLog}.1`), ...linesOf(initLog)];
	const wanted = lines.flatMap((line) => {
		const value = parse(line);
		return value === null || (show.since !== undefined && value.at < show.since) ? [] : [{ line, value }];
	});
	for (const { line, value } of last(wanted, show.lines))
		show.write(show.json ? `${line}\n` : consoleEventLine(value.at, value.subject, value.text));
}

function last<T>(items: readonly T[], count: number | undefined): readonly T[] {
	return count === undefined ? items : items.slice(Math.max(0, items.length - count));
}

interface InitLine {
	readonly at: number;
	readonly subject: string;
	readonly text: string;
}

/** Null for a line that is torn. */
function parse(line: string): InitLine | null {
	try {
		const value: unknown = JSON.parse(line);
		if (!isRecord(value)) return null;
		const { at, level, msg } = value;
		const subject = value['name'] ?? value['service'] ?? value['stage'] ?? value['event'];
		if (typeof at !== 'number' || typeof msg !== 'string') return null;
		const loud = level === 'error' || level === 'warn' ? `${level}: ` : '';
		return { at, subject: typeof subject === 'string' ? subject : PID1_NAME, text: `${loud}${msg}` };
	} catch {
		return null;
	}
}

function linesOf(path: string): string[] {
	let fd: number;
	try {
		fd = openSync(path, 'r');
	} catch {
		// It has written nothing, or has not run.
		return [];
	}
	try {
		const { size } = fstatSync(fd);
		const buffer = Buffer.alloc(Math.min(size, MAX_BYTES));
		const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, size - buffer.length));
		return text.split('\n').filter((line) => line !== '');
	} finally {
		closeSync(fd);
	}
}
