// Durations, sizes and rates as a YAML writes them.

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `200ms`, `30s`, `1m30s`; null where the text is none. */
export function parseDurationMs(text: string): number | null {
	if (!/^(\d+(ms|s|m|h))+$/.test(text)) return null;
	const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
	const sum = parts.reduce(
		(total, [, number, unit = '']) => total + Number(number) * (unitsMs[unit] ?? 0),
		0,
	);
	return sum > 0 && sum <= maxDurationMs ? sum : null;
}

/** Longer ones are mistakes, and Node's timers end at 2^31 ms. */
const maxDurationMs = 24 * 3_600_000;

export function durationProblem(text: string): string | null {
	return parseDurationMs(text) === null
		? `"${text}" is not a duration. Expected one of up to a day, such as 200ms, 30s or 2m.`
		: null;
}

export interface Burst {
	readonly burst: number;
	readonly burstWindowMs: number;
}

/** `10/1m`: more than ten within a minute. */
export function parseBurst(text: string): Burst | null {
	const [, number = '', window = ''] = /^(\d{1,4})\/(.+)$/.exec(text) ?? [];
	const burstWindowMs = parseDurationMs(window);
	return number === '' || burstWindowMs === null ? null : { burst: Number(number), burstWindowMs };
}

export function burstProblem(text: string): string | null {
	return parseBurst(text) === null
		? `"${text}" is not a number of restarts in a time. Expected one such as 10/1m.`
		: null;
}

const unitsBytes: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `512KiB`, `1MiB`. */
export function parseSizeBytes(text: string): number | null {
	const [, number = '', unit = ''] = /^(\d{1,6})(KiB|MiB|GiB)$/.exec(text) ?? [];
	const bytes = Number(number) * (unitsBytes[unit] ?? 0);
	return bytes > 0 ? bytes : null;
}

export function sizeProblem(text: string): string | null {
	return parseSizeBytes(text) === null
		? `"${text}" is not a size. Expected a whole number with KiB, MiB or GiB, such as 1MiB.`
		: null;
}
