// Makes the plan of a build by its options: which images are pulled, which digests are locked, which rules of trust apply.

import { SlipwayError } from '../errors.ts';
import type { ImageStore } from '../images/store.ts';
import { pullImage } from '../registry/pull-image.ts';
import { imageSource } from '../resolve/image-source.ts';
import { configuredRules, unmatchedLines } from '../resolve/image-trust.ts';
import { imageUses } from '../resolve/image-uses.ts';
import { readLock } from '../resolve/lock-file.ts';
import { makePlan, type Plan } from '../resolve/plan.ts';
import { refuseUntrustedLabels } from '../system/label-privileges.ts';
import type { Streams } from '../terminal/streams.ts';
import { type PublicKey, readPublicKeys } from '../trust/public-keys.ts';
import { requireSignature } from '../trust/require-signature.ts';
import type { PlanOptions } from './plan-options.ts';
import type { ReadSystem } from './read-system.ts';
import { openRegistries } from './registry-options.ts';

/** Pulls and verifies the images of the configuration. Throws a `SlipwayError` that names all images that fail. */
export async function planBuild(
	{ config, sources }: ReadSystem,
	options: PlanOptions,
	store: ImageStore,
	streams: Streams,
): Promise<Plan> {
	const rules = [...configuredRules(config.trust), ...options.rules];
	const names = [...imageUses(config)].map(({ name }) => name);
	for (const line of unmatchedLines(config.trust, options.rules, names)) streams.err.write(`${line}\n`);
	// The keys are read before the first pull, so that a wrong one costs no time.
	const keys = new Map<string, PublicKey>();
	for (const file of rules.flatMap((rule) => rule.keyFiles)) {
		const [key] = await readPublicKeys([file]);
		if (key !== undefined) keys.set(file, key);
	}
	const registries = await openRegistries(options, streams);
	try {
		const plan = await makePlan(config, {
			sources,
			source: imageSource(store, options.pull, async (reference, platform) => {
				const { descriptor } = await pullImage(reference, store, { ...registries, platform });
				return descriptor;
			}),
			lock: await usedLock(options),
			rules,
			willLock: options.writeLock,
			lockingCommand: options.lockingCommand,
			async verify(reference, digest, keyFiles, maxAgeMs) {
				const used = keyFiles.flatMap((file) => keys.get(file) ?? []);
				const age = maxAgeMs === null ? null : { maxAgeMs, nowMs: Date.now() };
				const source = options.pull === 'never' ? null : registries;
				await requireSignature(reference, digest, used, store, source, age);
			},
		});
		refuseUntrustedLabels(plan);
		return plan;
	} finally {
		registries.close();
	}
}

/**
 * Returns the lock file's digests, or null when the build writes that file or it does not exist. A lock file that the
 * command line names must exist.
 */
async function usedLock({ lock, lockIsNamed, writeLock }: PlanOptions) {
	if (lock === null || writeLock) return null;
	const read = await readLock(lock);
	if (read === null && lockIsNamed)
		throw new SlipwayError('NO_FILE', `There is no lock file ${lock}. Write it with --write-lock.`);
	return read;
}
