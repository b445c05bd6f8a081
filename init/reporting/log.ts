// The guest's log: a pino JSON object a line for programs (the log file, the event port), and a short line for people on
// the console.

import { pino } from 'pino';
import { printable, printableLines } from '../../native/text/printable.ts';
import type { Log, LogFields } from '../../supervisor/context/log.ts';
import type { GuestEvent } from '../../supervisor/contract/events.ts';
import { phases } from '../../supervisor/contract/phases.ts';

interface LogSinks {
	/** Receives each JSON line, line end included. */
	readonly json: (line: string) => void;
	/**
	 * Receives each line for people, line end included.
	 *
	 * @param isUrgent - false for a line that a person at the console can do without while typing
	 */
	readonly console: (line: string, isUrgent: boolean) => void;
	/** Returns the seconds of CLOCK_MONOTONIC. */
	readonly nowSeconds: () => number;
}

export function createLog(sinks: LogSinks): Log {
	const logger = pino(
		{
			base: null,
			// Details go to the log alone: the console has the short form.
			level: 'debug',
			timestamp: () => `,"at":${sinks.nowSeconds().toFixed(6)}`,
			formatters: { level: (label) => ({ level: label }) },
		},
		{ write: sinks.json },
	);
	let isEnding = false;
	const human = (name: string, message: string, isUrgent: boolean): void =>
		sinks.console(consoleLine(sinks.nowSeconds(), name, message), isUrgent || isEnding);
	return {
		debug: (fields, message) => logger.debug(fields, message),
		info(fields, message) {
			logger.info(fields, message);
			// A person at the console learns at once why the system ends.
			human(subjectOf(fields), message, fields.stage === 'shutdown');
		},
		warn(fields, message) {
			logger.warn(fields, message);
			human(subjectOf(fields), `warning: ${message}`, true);
		},
		error(fields, message) {
			logger.error(fields, message);
			human(subjectOf(fields), `ERROR: ${message}`, true);
		},
		event(event, message) {
			const failed = isFailure(event);
			if (failed) logger.error(event, message);
			else logger.info(event, message);
			isEnding ||= event.event === 'shutdown';
			const text = `${failed ? 'FAILED: ' : ''}${withDuration(message, event)}`;
			// The log has it; a person has no use for what did not happen.
			if (event.event === 'stage' && event.state === 'skipped') return;
			human(subjectOfEvent(event), text, failed || event.event === 'init');
		},
		show: (lines) => sinks.console(lines, true),
	};
}

/** Returns e.g. `[  2.761] root          copied 812 files in 1.20 s`, with the time as the kernel's own lines have it. */
function consoleLine(atSeconds: number, subject: string, message: string): string {
	const at = atSeconds.toFixed(3).padStart(8);
	// Messages quote containers, which must not control the terminal of the console's reader.
	// A serial console may be in raw mode: a line feed alone would not return to the first column.
	const lines = printableLines(message.replaceAll('\r\n', '\n')).replaceAll('\n', '\r\n');
	return `[${at}] ${printable(subject).padEnd(13)} ${lines}\r\n`;
}

function isFailure(event: GuestEvent): boolean {
	if (event.event === 'service') return phases[event.state].isFailure;
	return 'state' in event && event.state === 'failed';
}

function subjectOf(fields: LogFields): string {
	return fields.stage ?? fields.service ?? 'init';
}

function subjectOfEvent(event: GuestEvent): string {
	if ('stage' in event) return event.stage;
	return 'name' in event ? event.name : event.event;
}

function withDuration(message: string, event: GuestEvent): string {
	if (!('durationMs' in event) || event.durationMs === undefined) return message;
	// A reason may be a whole sentence, which the duration goes on with.
	return `${message.replace(/\.$/, '')} in ${(event.durationMs / 1000).toFixed(2)} s`;
}
