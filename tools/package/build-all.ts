// Builds several packages, as `slipway pkg build` and `slipway pkg push` do.

import { join } from 'node:path';
import { coresAtOnce, inParallel } from '../files/concurrency.ts';
import type { ImageStore } from '../images/store.ts';
import { formatSize } from '../terminal/format-size.ts';
import { shortDigest } from '../terminal/text-table.ts';
import { createAptSource } from './apt-source.ts';
import { askForAll, type BuiltPackage, buildPackage } from './build-package.ts';
import type { Recipe } from './recipe-content.ts';

/** @param onBuilt - receives each package when its image is in the store; not in the order of `recipes` */
export async function buildAll(
	recipes: readonly Recipe[],
	store: ImageStore,
	onBuilt: (built: BuiltPackage, durationMs: number) => void,
): Promise<void> {
	const source = createAptSource(join(store.folder, 'debian'), store.temporary);
	await askForAll(recipes, store, source);
	await inParallel(recipes, coresAtOnce, async (recipe) => {
		const startedAt = performance.now();
		const built = await buildPackage(recipe, store, source);
		onBuilt(built, performance.now() - startedAt);
	});
}

/** Returns a line about a package that was built, or that was up to date. */
export function describeBuilt(
	{ reference, manifest, sizeBytes, upToDate }: BuiltPackage,
	durationMs: number,
): string {
	const how = upToDate ? 'up to date' : `built in ${(durationMs / 1000).toFixed(1)} s`;
	return `${reference.padEnd(28)} ${shortDigest(manifest.digest)}  ${formatSize(sizeBytes).padStart(9)}  ${how}`;
}
