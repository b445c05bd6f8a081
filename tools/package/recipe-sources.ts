// Decides where the Debian packages of each recipe come from: its lock file, or what apt has today.

import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import type { ImageStore } from '../images/store.ts';
import { createAptSource } from './apt-source.ts';
import { askForAll, processorOf } from './build-package.ts';
import { debianLockFile, readDebianLock } from './debian-lock.ts';
import { lockedSource } from './locked-source.ts';
import type { PackageSource } from './package-source.ts';
import type { Recipe } from './recipe-content.ts';

/** `ignored` takes today's packages, and `required` refuses a recipe whose Debian packages are not locked. */
export type LockUse = 'if there' | 'required' | 'ignored';

/** Returns the source of each recipe. Throws a `SlipwayError` that names all lock files that are missing. */
export async function recipeSources(
	recipes: readonly Recipe[],
	store: ImageStore,
	lockUse: LockUse,
	onNotice?: (text: string) => void,
): Promise<ReadonlyMap<Recipe, PackageSource>> {
	const apt = createAptSource(join(store.folder, 'debian'), {
		temporary: store.temporary,
		processor: processorOf(store.platform),
		...(onNotice === undefined ? {} : { onNotice }),
	});
	const sources = new Map<Recipe, PackageSource>();
	const missing: string[] = [];
	for (const recipe of recipes) {
		const file = debianLockFile(recipe.folder, processorOf(store.platform));
		const lock = lockUse === 'ignored' ? null : await readDebianLock(file);
		sources.set(recipe, lock === null ? apt : lockedSource(apt, lock, file));
		if (lock === null && lockUse === 'required' && takesPackages(recipe)) missing.push(file);
	}
	if (missing.length > 0) {
		throw new SlipwayError(
			'NO_FILE',
			`--locked: there is no ${missing.join(', no ')}. Write each with "slipway pkg build --write-lock".`,
		);
	}
	await askForAll(
		recipes.filter((recipe) => sources.get(recipe) === apt),
		store,
		apt,
	);
	return sources;
}

function takesPackages({ debian, kernel }: Recipe): boolean {
	return debian.length > 0 || kernel !== undefined;
}
