// Writes the measurements of a campaign as lines for people.

import { median } from '../bench/figure.ts';
import type { CampaignReport, Memory } from './campaign.ts';

export function reportLines(report: CampaignReport): readonly string[] {
	const { counts, replacements, memoryAtBoot, memoryAfter, wakeupsPerSecond, guestSeconds } = report;
	const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
	return [
		`${total} faults survived in ${guestSeconds.toFixed(0)} s of the guest's time:`,
		...[...counts].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => `  ${kind}: ${count}`),
		...[...replacements].map(
			([kind, seconds]) => `${kind}: from the death to the replacement's run ${spread(seconds)}`,
		),
		`PID 1 at boot: ${describeMemory(memoryAtBoot)}`,
		`PID 1 after the campaign: ${describeMemory(memoryAfter)}`,
		...(wakeupsPerSecond === null ? [] : [`PID 1 idle: ${wakeupsPerSecond.toFixed(2)} wakeups per second`]),
	];
}

function spread(seconds: readonly number[]): string {
	const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
	return `${median(seconds).toFixed(2)} s (median of ${seconds.length}; ${range})`;
}

function describeMemory({ residentMegabytes, ownMegabytes, descriptors }: Memory): string {
	return `${residentMegabytes.toFixed(0)} MB resident, ${ownMegabytes.toFixed(0)} MB of it its own; ${descriptors} descriptors`;
}
