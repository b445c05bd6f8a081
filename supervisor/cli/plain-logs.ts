// `service logs` of onboot and onshutdown containers, whose log files hold their plain output, and of PID 1, whose log has
// lines of JSON.

import { jsonLine } from '../../native/text/json-text.ts';
import { printableLines } from '../../native/text/printable.ts';
import { isRecord } from '../contract/json-shape.ts';
import { followLines } from '../logs/line-follower.ts';
import type { LogStream } from '../logs/log-line.ts';
import { lastLines } from '../logs/log-tail.ts';
import { outputPaths } from '../logs/output-files.ts';
import { consoleEventLine } from './tables.ts';

/** The name under which PID 1's own log is shown. */
export const pid1Name = 'init';

export interface LogPlaces {
	/** The folder of the containers that run once. */
	readonly runLog: string;
	readonly initLog: string;
}

interface ShowPlain {
	/** How many of the last lines; Infinity for all. */
	readonly lines: number;
	/** Shows only PID 1's lines at this time or later, in seconds of CLOCK_MONOTONIC; other lines have no time. */
	readonly since: number | undefined;
	readonly json: boolean;
	readonly write: (text: string) => unknown;
}

/** How much of a log is read, from its end. */
const maxBytes = 4 * 1024 * 1024;

/** @param name - e.g. `onboot/000-dhcpcd` */
export function showOneShotLog(name: string, { runLog }: LogPlaces, show: ShowPlain): void {
	const paths = outputPaths(runLog, name.replace('/', '.'));
	for (const stream of ['stdout', 'stderr'] as const) {
		for (const line of lastLines(paths[stream], show.lines, maxBytes))
			show.write(oneShotLine(name, stream, line, show));
	}
}

/** Goes on with what the container writes, until `signal` is aborted. */
export async function followOneShotLog(
	name: string,
	{ runLog }: LogPlaces,
	show: ShowPlain,
	signal: AbortSignal,
): Promise<void> {
	const paths = outputPaths(runLog, name.replace('/', '.'));
	const isShown = (line: string): boolean => line.trim() !== '';
	const follow = async (stream: LogStream): Promise<void> => {
		for await (const line of followLines(paths[stream], { lines: show.lines, isShown }, signal))
			show.write(oneShotLine(name, stream, line, show));
	};
	await Promise.all([follow('stdout'), follow('stderr')]);
}

function oneShotLine(service: string, stream: LogStream, line: string, { json }: ShowPlain): string {
	return json ? jsonLine({ service, stream, line }) : `${printableLines(line)}\n`;
}

export function showInitLog({ initLog }: LogPlaces, show: ShowPlain): void {
	const lines = [`${initLog}.1`, initLog].flatMap((path) =>
		lastLines(path, Number.POSITIVE_INFINITY, maxBytes),
	);
	const wanted = lines.filter((line) => isWanted(line, show));
	for (const line of wanted.slice(Math.max(0, wanted.length - show.lines))) show.write(initLine(line, show));
}

/** Goes on with what PID 1 does, until `signal` is aborted. */
export async function followInitLog(
	{ initLog }: LogPlaces,
	show: ShowPlain,
	signal: AbortSignal,
): Promise<void> {
	const query = { lines: show.lines, isShown: (line: string) => isWanted(line, show) };
	for await (const line of followLines(initLog, query, signal)) show.write(initLine(line, show));
}

function isWanted(line: string, { since }: ShowPlain): boolean {
	const value = parse(line);
	return value !== null && (since === undefined || value.at >= since);
}

function initLine(line: string, { json }: ShowPlain): string {
	const value = parse(line);
	return json || value === null ? `${line}\n` : consoleEventLine(value.at, value.subject, value.text);
}

interface InitLine {
	readonly at: number;
	readonly subject: string;
	readonly text: string;
}

/** Returns null for a line that is incomplete. */
function parse(line: string): InitLine | null {
	try {
		const value: unknown = JSON.parse(line);
		if (!isRecord(value)) return null;
		const { at, level, msg } = value;
		const subject = value['name'] ?? value['service'] ?? value['stage'] ?? value['event'];
		if (typeof at !== 'number' || typeof msg !== 'string') return null;
		const prefix = level === 'error' || level === 'warn' ? `${level}: ` : '';
		return { at, subject: typeof subject === 'string' ? subject : pid1Name, text: `${prefix}${msg}` };
	} catch {
		return null;
	}
}
