// Durations and rates of restarts, as a YAML has them, and the schemas of keys that hold them.

import { type ParsedSchema, parsed } from './schema.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Parses `200ms`, `30s` or `1m30s`. Returns milliseconds, or null when the text is not a duration of up to a day. */
export function parseDurationMs(text: string): number | null {
	if (!/^(\d+(ms|s|m|h))+$/.test(text)) return null;
	const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
	const sum = parts.reduce(
		(total, [, number, unit = '']) => total + Number(number) * (unitsMs[unit] ?? 0),
		0,
	);
	return sum > 0 && sum <= maxDurationMs ? sum : null;
}

/** Returns the text of a duration, such as `200ms` or `30s`. */
export function formatDuration(durationMs: number): string {
	return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}

/** Longer durations are mistakes, and Node's timers end at 2^31 ms. */
const maxDurationMs = 24 * 3_600_000;

/** A duration; its value is in milliseconds. */
export function duration(description: string, examples?: readonly string[]): ParsedSchema<number> {
	return parsed(description, parseDurationMs, durationProblem, examples === undefined ? {} : { examples });
}

function durationProblem(text: string): string {
	const hint = /^\d{1,5}$/.test(text) ? ` Did you mean ${text}s?` : '';
	return `"${text}" is not a duration. Expected one of up to a day, such as 200ms, 30s or 2m.${hint}`;
}

/** Parses `90d` or `12h`. Returns milliseconds, or null when the text is not an age. */
export function parseAgeMs(text: string): number | null {
	const [, number = '', unit = ''] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? [];
	return number === '' ? null : Number(number) * (unit === 'd' ? 24 : 1) * 3_600_000;
}

export function ageProblem(text: string): string {
	return `"${text}" is not an age. Expected a number of days or hours, such as 90d or 12h.`;
}

export interface Burst {
	readonly burst: number;
	readonly burstWindowMs: number;
}

/** Parses `10/1m`: more than ten within a minute. Returns null when the text has another form. */
export function parseBurst(text: string): Burst | null {
	const [, number = '', window = ''] = /^(\d{1,4})\/(.+)$/.exec(text) ?? [];
	const burstWindowMs = parseDurationMs(window);
	return number === '' || burstWindowMs === null ? null : { burst: Number(number), burstWindowMs };
}

export function burstProblem(text: string): string {
	return `"${text}" is not a number of restarts in a time. Expected one such as 10/1m.`;
}
