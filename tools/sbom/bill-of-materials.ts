// The text that `slipway build --sbom` writes: the system's contents as SPDX. The time is SOURCE_DATE_EPOCH, else 1970, so
// that the same images give the same bytes.

import { SlipwayError } from '../errors.ts';
import type { Plan } from '../resolve/plan.ts';
import { spdxDocument } from './spdx.ts';
import { systemContents } from './system-contents.ts';

/** @param name - of the system */
export function billOfMaterials(plan: Plan, name: string, env: NodeJS.ProcessEnv = process.env): string {
	const spdx = spdxDocument(systemContents(plan), {
		name,
		version: process.env['SLIPWAY_VERSION'] ?? 'development',
		createdSeconds: sourceDate(env['SOURCE_DATE_EPOCH'] ?? '0'),
	});
	return `${JSON.stringify(spdx, null, 2)}\n`;
}

/** Parses SOURCE_DATE_EPOCH of the reproducible-builds specification; 253402300799 is the end of the year 9999. */
function sourceDate(value: string): number {
	const seconds = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
	if (seconds <= 253402300799) return seconds;
	throw new SlipwayError('BAD_INPUT', `SOURCE_DATE_EPOCH=${value}: expected seconds since 1970.`);
}
