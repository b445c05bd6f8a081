// The image of the store that a recipe begins with (`from`), as FROM of a Dockerfile names one: its layers come first, and its settings
// hold where the recipe has none.

import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import { SlipwayError } from '../errors.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { Recipe } from './recipe-content.ts';

/** Returns null for a recipe without `from`. Throws a `SlipwayError` when the store lacks the image. */
export async function baseImage(recipe: Recipe, store: ImageStore): Promise<StoredImage | null> {
	const { from, folder } = recipe;
	if (from === undefined) return null;
	const image = await store.find(from);
	if (image !== null) return image;
	throw new SlipwayError(
		'NO_IMAGE',
		`${folder}/build.yml: the image store ${store.folder} has no ${from}. Fetch it: slipway cache pull ${from}`,
	);
}

/** Returns the digest of the base image for the hash of the inputs; empty without one. */
export async function baseDigest({ from }: Recipe, store: ImageStore): Promise<string> {
	return from === undefined ? '' : ((await store.find(from))?.manifest.digest ?? 'absent');
}

/** Returns the layers of the base image as a new image has them. */
export function baseLayers(image: StoredImage | null) {
	return (image?.layers ?? []).map((descriptor, index) => ({
		descriptor,
		diffId: image?.config.diffIds[index] ?? '',
	}));
}

/** Adds the settings of a recipe to those of its base. A command of the recipe replaces both `Entrypoint` and `Cmd`. */
export function withBaseDefaults(base: ImageDefaultsJson, own: ImageDefaultsJson): ImageDefaultsJson {
	const { Entrypoint, ...rest } = base;
	return {
		...rest,
		...(own.Cmd === undefined && Entrypoint !== undefined ? { Entrypoint } : {}),
		...own,
		Env: mergedEnv(base.Env ?? [], own.Env ?? []),
		Labels: { ...base.Labels, ...own.Labels },
	};
}

function mergedEnv(base: readonly string[], own: readonly string[]): readonly string[] {
	const nameOf = (variable: string): string => variable.split('=', 1)[0] ?? '';
	return [...new Map([...base, ...own].map((variable) => [nameOf(variable), variable])).values()];
}
