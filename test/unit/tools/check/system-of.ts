// A small store of images as Slipway's, and what the checks find in a system of them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ImageDefaultsJson } from '../../../../supervisor/image/image-config.ts';
import { checkImages } from '../../../../tools/check/check-images.ts';
import { factsReader } from '../../../../tools/check/facts-reader.ts';
import { type ShownFinding, shownFindings } from '../../../../tools/check/finding.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { readSystem } from '../../../../tools/options/read-system.ts';
import { openSegmentCache } from '../../../../tools/output/segment-cache.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type Member, putTestImage } from '../../../helpers/tar.ts';

export interface TestImage {
	readonly members: readonly Member[];
	readonly config?: ImageDefaultsJson;
}

export const script = (name: string, body = '#!/bin/sh\n'): Member => ({ name, mode: 0o755, body });
/** A program that the checks take for one of an unknown kind: nothing can be said about it. */
export const program = (name: string): Member => ({
	name,
	mode: 0o755,
	body: Buffer.from('7f454c4600', 'hex'),
});

export const slipwayImages: Readonly<Record<string, TestImage>> = {
	'slipway/kernel:v1': {
		members: [
			{ name: 'kernel', body: 'k' },
			{ name: 'kernel.tar', body: '' },
		],
	},
	'slipway/init:v1': {
		members: [program('init'), { name: 'lib/slipway/first-program', mode: 0o755, body: 'f' }],
	},
	'slipway/runc:v1': { members: [program('usr/bin/runc')] },
	'slipway/containerd:v1': { members: [program('usr/bin/containerd')] },
	'slipway/getty:v1': { members: [program('bin/getty')], config: { Cmd: ['/bin/getty'] } },
	'slipway/nginx:v1': { members: [program('usr/sbin/nginx')], config: { Cmd: ['/usr/sbin/nginx'] } },
	'slipway/redis:v1': {
		members: [program('usr/bin/redis-server'), program('usr/bin/redis-cli')],
		config: { Cmd: ['/usr/bin/redis-server'], Env: ['PATH=/usr/bin:/bin'] },
	},
};

/** @param yaml - the text of `system.yml` */
export async function findingsOf(
	t: ExecutionContext,
	yaml: string,
	images: Readonly<Record<string, TestImage>> = {},
	accepted: readonly string[] = [],
): Promise<readonly ShownFinding[]> {
	const folder = scratchFolder(t);
	const file = join(folder, 'system.yml');
	writeFileSync(file, yaml);
	const store = openImageStore(join(folder, 'store'));
	for (const [name, { members, config = {} }] of Object.entries({ ...slipwayImages, ...images }))
		await putTestImage(store, name, members, config);
	const { config, sources } = await readSystem({ files: [file], vars: [], envFiles: [] });
	const plan = await offlinePlan(config, store);
	const check = async () =>
		await checkImages(plan, store, factsReader(store.blobs, openSegmentCache(store.folder, new Set())));
	const found = await check();
	// The facts that the store keeps say the same.
	t.deepEqual(await check(), found);
	return shownFindings(found, sources, new Set(accepted));
}

/** Returns `SEVERITY CHECK LINE:COLUMN MESSAGE` of each. */
export function linesOf(findings: readonly ShownFinding[]): string[] {
	return findings.map(
		({ severity, check, at, message }) => `${severity} ${check} ${at.line}:${at.column} ${message}`,
	);
}

/** A system that boots, with these services. */
export const systemWith = (services: string): string => `kernel:
  image: slipway/kernel:v1
  cmdline: "console=ttyS0"
init:
  - slipway/init:v1
  - slipway/runc:v1
  - slipway/containerd:v1
${services}`;

export interface Case {
	readonly yaml: string;
	readonly images?: Readonly<Record<string, TestImage>>;
	/** One for each finding. */
	readonly expected: readonly RegExp[];
}

/** The image of `service()`. */
export const app = (members: TestImage['members'], config: TestImage['config'] = {}) => ({
	'a/app:v1': { members, config: { Cmd: ['/app'], ...config } },
});

/** A system with the service `a` of the image `a/app:v1`. */
export const service = (more = ''): string =>
	systemWith(`services:\n  - name: a\n    image: a/app:v1\n${more}`);
