// `service logs` of services: the output of several services in the order of time. Reads the files itself, as journalctl does,
// so that PID 1 has no work.

import { jsonLine } from '../../native/text/json-text.ts';
import { printable, printableLines } from '../../native/text/printable.ts';
import { followLog } from '../logs/log-follower.ts';
import type { LogRecord } from '../logs/log-line.ts';
import { type LogQuery, readLog } from '../logs/log-reader.ts';

interface LogSource {
	readonly name: string;
	readonly path: string;
}

interface ShowLogs {
	readonly query: LogQuery;
	readonly follow: boolean;
	readonly json: boolean;
	readonly write: (text: string) => unknown;
	/** Ends `follow`. */
	readonly signal: AbortSignal;
}

export async function showLogs(sources: readonly LogSource[], show: ShowLogs): Promise<void> {
	const width = sources.length < 2 ? 0 : Math.max(...sources.map(({ name }) => name.length));
	const print = (name: string, record: LogRecord): void => {
		show.write(show.json ? jsonRecord(name, record) : textLine(name, record, width));
	};
	if (show.follow) {
		await Promise.all(
			sources.map(async ({ name, path }) => {
				for await (const record of followLog(path, show.query, show.signal)) print(name, record);
			}),
		);
		return;
	}
	for (const { name, record } of byTime(sources, show.query)) print(name, record);
}

/** Merges several logs, each in order: yields the oldest record next. */
function* byTime(
	sources: readonly LogSource[],
	query: LogQuery,
): Generator<{ readonly name: string; readonly record: LogRecord }> {
	const heads = sources.map(({ name, path }) => {
		const records = readLog(path, query);
		return { name, records, next: records.next() };
	});
	for (;;) {
		let oldest: { name: string; record: LogRecord; head: (typeof heads)[number] } | undefined;
		for (const head of heads) {
			if (head.next.done === true) continue;
			const record = head.next.value;
			if (oldest === undefined || record.time < oldest.record.time)
				oldest = { name: head.name, record, head };
		}
		if (oldest === undefined) return;
		yield oldest;
		oldest.head.next = oldest.head.records.next();
	}
}

function textLine(name: string, { time, text, partial }: LogRecord, width: number): string {
	const subject = width === 0 ? '' : `${printable(name).padEnd(width)}  `;
	// PID 1 writes times in milliseconds; the other digits are zeros.
	return `${time.slice(0, 23)}Z  ${subject}${printableLines(text.toString('utf8'))}${partial ? ' …' : ''}\n`;
}

function jsonRecord(service: string, { time, stream, text, partial }: LogRecord): string {
	const line = text.toString('utf8');
	return jsonLine({ time, service, stream, line, ...(partial && { partial }) });
}
