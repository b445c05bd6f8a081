// The health check of an image (HEALTHCHECK of a Dockerfile) as the default of a service's `health`. The image-spec does not know
// it; Docker and its followers write it into the configuration (moby's `HealthcheckConfig`, times in nanoseconds).

import type { Probe } from '../../../supervisor/contract/supervision.ts';
import type { HealthcheckJson } from '../../../supervisor/image/image-config.ts';

/** Docker's defaults. */
const docker = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3 };
const maxMs = 24 * 60 * 60 * 1000;
const maxRetries = 100_000;

/** `none`: the image has no check, or switches off that of the image below. `unknown`: it has one that can't be run. */
export function imageHealth(given: HealthcheckJson | undefined): Probe | 'none' | 'unknown' {
	const [kind = '', ...words] = given?.Test ?? [];
	if (given === undefined || kind === '' || kind === 'NONE') return 'none';
	const exec =
		kind === 'CMD' ? words : kind === 'CMD-SHELL' && words.length === 1 ? ['/bin/sh', '-c', ...words] : [];
	if (exec.length === 0) return 'unknown';
	const intervalMs = milliseconds(given.Interval) ?? docker.intervalMs;
	const retries = given.Retries === undefined || given.Retries < 1 ? docker.retries : given.Retries;
	// Docker does not count failures in this time. Here the service may fail so much more often.
	const startRetries = Math.ceil((milliseconds(given.StartPeriod) ?? 0) / intervalMs);
	return {
		how: { exec },
		intervalMs,
		timeoutMs: milliseconds(given.Timeout) ?? docker.timeoutMs,
		retries: Math.min(retries + startRetries, maxRetries),
	};
}

/** Returns null for 0, which stands for the default. */
function milliseconds(nanoseconds: number | undefined): number | null {
	if (nanoseconds === undefined || nanoseconds < 1_000_000) return null;
	return Math.min(Math.round(nanoseconds / 1_000_000), maxMs);
}
