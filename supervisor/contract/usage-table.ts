// The table of what services use, as `top` and `stats` show it, in the guest and on the host. Pure.

import type { ServiceStats, SystemStats } from './protocol.ts';

/** A sample of all services, and when it was taken, in seconds of any steady clock. */
export interface UsageSample {
	readonly stats: SystemStats;
	readonly atSeconds: number;
}

export const usageHeadings = [
	'NAME',
	'STATE',
	'CPU %',
	'MEMORY',
	'TASKS',
	'RESTARTS',
	'LOG LINES',
	'PID',
] as const;

/**
 * Returns the rows below `usageHeadings`, the services that use most of the processors first.
 *
 * @param before - an earlier sample, null for none: then CPU % is not known. 100 % is one processor.
 */
export function usageRows(before: UsageSample | null, now: UsageSample): string[][] {
	const rows = now.stats.services.map((service) => ({ service, part: cpuPart(service, before, now) }));
	return rows
		.toSorted((a, b) => (b.part ?? -1) - (a.part ?? -1))
		.map(({ service, part }) => [
			service.name,
			service.state,
			part === null ? '-' : (part * 100).toFixed(1),
			service.memoryBytes === null ? '-' : mebibytes(service.memoryBytes),
			orDash(service.tasks),
			String(service.restarts),
			String(service.logLines),
			orDash(service.pid),
		]);
}

/** Returns null when a sample lacks the service, or another container of it runs now. */
function cpuPart({ name, cpuSeconds }: ServiceStats, before: UsageSample | null, now: UsageSample) {
	const earlier = before?.stats.services.find((each) => each.name === name)?.cpuSeconds ?? null;
	const elapsed = now.atSeconds - (before?.atSeconds ?? now.atSeconds);
	if (cpuSeconds === null || earlier === null || elapsed <= 0 || cpuSeconds < earlier) return null;
	return (cpuSeconds - earlier) / elapsed;
}

function mebibytes(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function orDash(value: number | null): string {
	return value === null ? '-' : String(value);
}
