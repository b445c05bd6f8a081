// Formats a log record for a receiver: as a line of JSON, a syslog message (RFC 5424), or a line on the console. Pure.

import { printableLines } from '../../native/text/printable.ts';
import type { LogRecord } from './log-line.ts';

export interface ForwardFormat {
	/** Returns the message with its end or, for syslog on a stream, its length. */
	record(record: LogRecord): Buffer;
	/** Returns the message that stands for lines that the forwarder dropped. */
	dropped(lines: number, timeMs: number): Buffer;
}

/** Facility 3 (system daemons), with the severities of Docker's driver: 3 error, 4 warning, 6 info. */
const facility = 3 * 8;
const stderrPriority = facility + 3;
const droppedPriority = facility + 4;
const stdoutPriority = facility + 6;
/** `HOSTNAME` and `APP-NAME` of RFC 5424, section 6. */
const maxHostLength = 255;
const maxNameLength = 48;
/** RFC 5424 allows at most six digits of a second; three are enough. */
const millisecondsEnd = 23;

/** Makes one object a line. Bytes that are not UTF-8 become U+FFFD, because JSON can't hold them. */
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

/**
 * Makes messages that hold the text's bytes unchanged.
 *
 * @param counted - puts the length before each message, as a stream needs it (RFC 6587, 3.4.1)
 */
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

/** Makes lines such as `redis: text`. The text passes `printableLines`. */
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

/** Returns PRINTUSASCII, and `-` for an empty value (RFC 5424, section 6). */
function syslogWord(text: string, maxLength: number): string {
	const plain = text.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, maxLength);
	return plain === '' ? '-' : plain;
}
