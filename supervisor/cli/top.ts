// `service top`: what the services use, on a screen that is written anew every two seconds. PID 1 writes it for the small
// client, which shows it: it costs no process but that.

import { setTimeout as sleep } from 'node:timers/promises';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { type UsageSample, usageHeadings, usageRows } from '../contract/usage-table.ts';
import type { CommandStreams } from './command.ts';
import type { CheckedOutput } from './output.ts';
import { formatAge, shown, table } from './tables.ts';

const firstWindowMs = 500;
const refreshMs = 2000;
/** Of a terminal that does not know its size. */
const usualRows = 24;

/** Clears the screen below the cursor's home. */
const home = '\u001b[H';
const clearToEnd = '\u001b[J';
const clearToLineEnd = '\u001b[K';

export function usageTable(before: UsageSample | null, now: UsageSample): string {
	return table([usageHeadings, ...usageRows(before, now)]);
}

/** Shows samples until the reader is gone; on no terminal only one. */
export async function showTop(
	take: () => Promise<UsageSample>,
	out: CheckedOutput,
	streams: CommandStreams,
): Promise<void> {
	let before = await take();
	const ended = AbortSignal.any([out.failed, ...(streams.ended === undefined ? [] : [streams.ended])]);
	let waitMs = firstWindowMs;
	let isFirst = true;
	if (streams.isTerminal === true) streams.endOnKey?.();
	while (!ended.aborted) {
		await pause(waitMs, ended);
		const now = await take();
		const text = shown(usageTable(before, now), streams);
		const head = headLine(now);
		if (streams.isTerminal !== true) {
			out.write(`${head}\n${text}`);
			return;
		}
		const lines = [head, '', ...text.trimEnd().split('\n')].slice(0, (streams.rows ?? usualRows) - 1);
		const screen = lines.map((line) => `${line}${clearToLineEnd}\r\n`).join('');
		out.write(`${home}${isFirst ? clearToEnd : ''}${screen}${clearToEnd}`);
		isFirst = false;
		before = now;
		waitMs = refreshMs;
	}
}

/** Ends early, without an error, when `ended` is aborted. */
export async function pause(durationMs: number, ended: AbortSignal | undefined): Promise<void> {
	await sleep(durationMs, undefined, ended === undefined ? {} : { signal: ended }).catch(() => undefined);
}

function headLine({ stats, atSeconds }: UsageSample): string {
	const load = readTextOrEmpty('/proc/loadavg').split(' ').slice(0, 3).join(' ');
	const memory = readTextOrEmpty('/proc/meminfo');
	const mebibytes = (name: string): number =>
		Math.round(Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(memory)?.[1] ?? 0) / 1024);
	const total = mebibytes('MemTotal');
	const ready = stats.services.filter((service) => service.ready).length;
	return [
		`up ${formatAge(atSeconds)}`,
		`load ${load}`,
		`memory ${total - mebibytes('MemAvailable')} of ${total} MiB`,
		`${ready} of ${stats.services.length} services ready`,
	].join(', ');
}
