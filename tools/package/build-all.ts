// Builds several packages, as `slipway pkg build` and `slipway pkg push` do.

import { writeFile } from 'node:fs/promises';
import { coresAtOnce, inParallel } from '../files/concurrency.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { ImageStore } from '../images/store.ts';
import { formatSize } from '../terminal/format-size.ts';
import { shortDigest } from '../terminal/text-table.ts';
import { type BuiltPackage, buildPackage, processorOf, usedPackages } from './build-package.ts';
import { debianLockFile, debianLockText } from './debian-lock.ts';
import { lockOf, recordingSource } from './locked-source.ts';
import type { PackageSource } from './package-source.ts';
import { recipeReference } from './recipe.ts';
import type { Recipe } from './recipe-content.ts';
import { type LockUse, recipeSources } from './recipe-sources.ts';

export interface BuildAllOptions {
	/** `write` builds each package of what apt has today, also one that is up to date, and writes its lock file. */
	readonly locks: Exclude<LockUse, 'ignored'> | 'write';
	/** Receives the name of each package when its build begins. */
	readonly onBegun?: (reference: string) => void;
	/** Receives each package when its image is in the store; not in the order of the recipes. */
	readonly onBuilt: (built: BuiltPackage, durationMs: number) => void;
	/** Receives a sentence about something that was mended on the way. */
	readonly onNotice: (text: string) => void;
}

export async function buildAll(
	recipes: readonly Recipe[],
	store: ImageStore,
	{ locks, onBegun, onBuilt, onNotice }: BuildAllOptions,
): Promise<void> {
	const sources = await recipeSources(recipes, store, locks === 'write' ? 'ignored' : locks, onNotice);
	await inParallel(sources, coresAtOnce, async ([recipe, source]) => {
		const startedAt = performance.now();
		onBegun?.(recipeReference(recipe));
		const built = await (locks === 'write' ? buildAndLock : buildPackage)(recipe, store, source);
		onBuilt(built, performance.now() - startedAt);
	});
}

/** A recipe without Debian packages gets no lock file. */
async function buildAndLock(recipe: Recipe, store: ImageStore, apt: PackageSource): Promise<BuiltPackage> {
	const source = recordingSource(apt);
	const built = await buildPackage(recipe, store, source, { always: true });
	const withDepends = recipe.debian.some(({ dependencies }) => dependencies === true);
	const lock = await lockOf(await usedPackages(recipe, store), source, withDepends);
	if (lock.size === 0) return built;
	await replaceFile(debianLockFile(recipe.folder, processorOf(store.platform)), store.temporary, (file) =>
		writeFile(file, debianLockText(lock)),
	);
	return built;
}

/** Returns a line about a package that was built, or that was up to date. */
export function describeBuilt(
	{ reference, manifest, sizeBytes, upToDate }: BuiltPackage,
	durationMs: number,
): string {
	const how = upToDate ? 'up to date' : `built in ${(durationMs / 1000).toFixed(1)} s`;
	return `${reference.padEnd(28)} ${shortDigest(manifest.digest)}  ${formatSize(sizeBytes).padStart(9)}  ${how}`;
}
