// What a receiver of logs gets for a record: a line of JSON, a message of syslog (RFC 5424), a line on the console.
// Pure.

import { printableLines } from '../../native/text/printable.ts';
import type { LogRecord } from './log-line.ts';

export interface ForwardFormat {
	/** With whatever ends it or, on a stream, tells its length. */
	record(record: LogRecord): Buffer;
	/** In the place of lines that were dropped because the receiver did not take them. */
	dropped(lines: number, timeMs: number): Buffer;
}

/** Facility 3 (system daemons) with the severities that Docker's driver gives as well: 3 error, 4 warning, 6 info. */
const facility = 3 * 8;
const stderrPriority = facility + 3;
const droppedPriority = facility + 4;
const stdoutPriority = facility + 6;
/** `HOSTNAME` and `APP-NAME` of RFC 5424, section 6. */
const maxHostLength = 255;
const maxNameLength = 48;
/** A millisecond more precise than needed; RFC 5424 allows at most six digits. */
const millisecondsEnd = 23;

/** One object a line. Bytes that are not UTF-8 become U+FFFD, for JSON has no other place for them. */
export function jsonFormat(service: string): ForwardFormat {
	const line = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
	return {
		record({ time, stream, text, partial }) {
			return line({
				time,
				service,
				stream,
				line: text.toString('utf8'),
				...(partial && { partial }),
			});
		},
		dropped: (lines, timeMs) => line({ time: new Date(timeMs).toISOString(), service, dropped: lines }),
	};
}

/** `counted`: each message after its length, as a stream needs it (RFC 6587, 3.4.1). The text's bytes stay as they are. */
export function syslogFormat(service: string, host: string, counted: boolean): ForwardFormat {
	const origin = `${syslogWord(host, maxHostLength)} ${syslogWord(service, maxNameLength)}`;
	const message = (priority: number, time: string, kind: string, text: Buffer) => {
		const header = Buffer.from(`<${priority}>1 ${time.slice(0, millisecondsEnd)}Z ${origin} - ${kind} - `);
		const parts = [header, text];
		if (counted) parts.unshift(Buffer.from(`${header.length + text.length} `));
		return Buffer.concat(parts);
	};
	return {
		record({ time, stream, text }) {
			return message(stream === 'stderr' ? stderrPriority : stdoutPriority, time, stream, text);
		},
		dropped: (lines, timeMs) =>
			message(droppedPriority, new Date(timeMs).toISOString(), 'dropped', Buffer.from(droppedText(lines))),
	};
}

/** `redis: text`. What would command the terminal is shown as `?`. */
export function consoleFormat(service: string): ForwardFormat {
	const line = (text: string) => Buffer.from(`${service}: ${text}\r\n`);
	return {
		record: ({ text }) => line(printableLines(text.toString('utf8'))),
		dropped: (lines) => line(`... ${droppedText(lines)}`),
	};
}

function droppedText(lines: number): string {
	return `${lines} lines were dropped: more came than could be sent`;
}

/** RFC 5424, section 6: PRINTUSASCII, and `-` for a value that is not there. */
function syslogWord(text: string, maxLength: number): string {
	const plain = text.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, maxLength);
	return plain === '' ? '-' : plain;
}
