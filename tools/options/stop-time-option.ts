// The option of commands that power a machine off: how long the guest may take.

import { parseDurationMs } from '../config/durations.ts';
import { UsageError } from '../errors.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const defaultSeconds = 60;

export const stopTimeOption = {
	time: {
		short: 't',
		value: 'S',
		default: String(defaultSeconds),
		help: 'kill a machine that still runs after S seconds (or a duration, such as 2m)',
	},
} as const satisfies OptionTable;

/** Throws a `UsageError`. */
export function stopTimeMs(text: string): number {
	const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : parseDurationMs(text);
	if (ms === null) throw new UsageError(`--time ${text}: expected seconds or a duration, such as 30 or 2m.`);
	return ms;
}
