// Formats what `service` shows to people. Names and texts that come from containers pass the filter for terminals. Pure.

import { colourColumn, styled } from '../../native/text/colour.ts';
import { printable, printableLines } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../contract/events.ts';
import type { Pid1Status, PlatformRegister, ServiceStatus } from '../contract/protocol.ts';
import { stateRemark } from '../contract/state-remark.ts';
import { stateStyle } from '../contract/state-styles.ts';
import type { OneShotStatus } from './one-shot-status.ts';

/** Shortens lines to the width of a terminal. A shortened line ends in an ellipsis. */
export function shortenLines(text: string, columns: number): string {
	const shorten = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
	return text.split('\n').map(shorten).join('\n');
}

interface Terminal {
	readonly columns?: number | undefined;
	readonly wantsColour?: boolean;
}

/** Fits a table to the terminal: cuts its lines to the width, and colours the states. */
export function shown(text: string, { columns, wantsColour = false }: Terminal): string {
	const lines = columns === undefined ? text : shortenLines(text, columns);
	return wantsColour ? colourColumn(lines, 'STATE', stateStyle) : lines;
}

/** Makes columns as wide as their widest cell, without blanks at the ends of lines. Each cell passes `printable`. */
export function table(cells: readonly (readonly string[])[]): string {
	const rows = cells.map((row) => row.map(printable));
	const widths: number[] = [];
	for (const row of rows) {
		for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
	}
	const line = (row: readonly string[]): string =>
		row
			.map((cell, index) => cell.padEnd(widths[index] ?? 0))
			.join('  ')
			.trimEnd();
	return rows.map((row) => `${line(row)}\n`).join('');
}

/**
 * @param nowSeconds - seconds of CLOCK_MONOTONIC
 * @param oneShots - the containers that run once, for `--all`
 */
export function listTable(
	services: readonly ServiceStatus[],
	nowSeconds: number,
	oneShots: readonly OneShotStatus[] = [],
): string {
	return table([
		['NAME', 'STATE', 'PID', 'RESTARTS', 'SINCE', 'REASON'],
		...oneShots.map(({ name, state, durationMs, since, reason }) => [
			name,
			state,
			'-',
			'-',
			formatAge(nowSeconds - since),
			[durationMs === null ? '' : `took ${(durationMs / 1000).toFixed(2)} s`, reason ?? '']
				.filter((part) => part !== '')
				.join('; '),
		]),
		...services.map((service) => [
			service.name,
			service.state,
			service.pid === null ? '-' : String(service.pid),
			String(service.restarts),
			formatAge(nowSeconds - service.since),
			stateRemark(service),
		]),
	]);
}

export function statusText(status: ServiceStatus, nowSeconds: number, wantsColour = false): string {
	const { name, state, pid, restarts, since, after, log, apparmor } = status;
	const remark = stateRemark(status);
	const rows = [
		['state', `${state}, for ${formatAge(nowSeconds - since)}`],
		...(remark === '' ? [] : [['reason', remark]]),
		...(pid === null ? [] : [['pid', String(pid)]]),
		['restarts', String(restarts)],
		...(after.length === 0 ? [] : [['after', after.join(', ')]]),
		['log', log],
		...(apparmor === undefined ? [] : [['apparmor', apparmor]]),
	];
	const text = table(rows.map(([key = '', value = '']) => [`  ${key}`, value]));
	const style = wantsColour ? stateStyle(state) : null;
	return `${printable(name)}\n${style === null ? text : text.replace(state, styled(state, style))}`;
}

export function pid1Text(status: Pid1Status): string {
	const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
	return table([
		['resident', mebibytes(status.residentBytes)],
		['heap', `${mebibytes(status.heapUsedBytes)} of at most ${mebibytes(status.heapLimitBytes)}`],
		['buffers', mebibytes(status.externalBytes)],
		['open files', String(status.openFiles)],
		...(status.pcrs ?? []).filter(isInUse).map(({ index, sha256 }) => [`PCR ${index}`, sha256]),
	]);
}

/** A register that nothing has extended has zeros, or ones where only a later part of the machine may extend it. */
function isInUse({ sha256 }: PlatformRegister): boolean {
	return !/^(0+|f+)$/.test(sha256);
}

/** Returns e.g. `5 s`, `3 min 2 s`, `2 h 5 min` or `4 d 3 h`: two units at most. */
export function formatAge(seconds: number): string {
	const whole = Math.max(0, Math.floor(seconds));
	const units: readonly (readonly [number, string])[] = [
		[86_400, 'd'],
		[3_600, 'h'],
		[60, 'min'],
		[1, 's'],
	];
	const first = units.findIndex(([size]) => whole >= size);
	if (first === -1) return '0 s';
	let rest = whole;
	const parts: string[] = [];
	for (const [size, unit] of units.slice(first, first + 2)) {
		const count = Math.floor(rest / size);
		rest -= count * size;
		if (count > 0) parts.push(`${count} ${unit}`);
	}
	return parts.join(' ');
}

export function eventLine(event: GuestEventLine): string {
	return consoleEventLine(event.at, subjectOf(event), event.msg);
}

export function consoleEventLine(atSeconds: number, subject: string, text: string): string {
	const at = atSeconds.toFixed(3).padStart(10);
	return `[${at}] ${printable(subject).padEnd(16)} ${printableLines(text)}\n`;
}

function subjectOf(event: GuestEventLine): string {
	if ('name' in event) return event.name;
	return 'stage' in event ? event.stage : event.event;
}
