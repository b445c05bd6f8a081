// Some services of a system as a squashfs image that has their bundles at the paths of the root, for a guest that runs.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type JoinSource, joinFiles } from '../files/joined.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { ImageStore } from '../images/store.ts';
import type { Segment } from '../system/segment.ts';
import { packRootImage } from './root-image.ts';
import { rootSettings } from './root-settings.ts';
import { openSegmentCache } from './segment-cache.ts';

export interface ServiceImage {
	readonly path: string;
	readonly sizeBytes: number;
}

/**
 * Packs the segments of these services; a build of the same system has packed the large ones before. Throws `NotForSquashfs`.
 *
 * @param segments - the whole tree
 * @param scratch - a directory for the image; the caller removes it
 */
export async function packServiceImage(
	segments: readonly Segment[],
	names: readonly string[],
	store: ImageStore,
	scratch: string,
	temporary: TemporaryPaths,
): Promise<ServiceImage> {
	const wanted = segments.filter(({ service }) => service !== undefined && names.includes(service));
	const packing = {
		cache: openSegmentCache(store.folder, temporary),
		scratch,
		settings: rootSettings.fast,
		onPacked: () => undefined,
		findStarter: async () => ({}),
	};
	const path = join(scratch, 'services.squashfs');
	await joinFiles(await sourcesOf(wanted, packing), path);
	return { path, sizeBytes: (await stat(path)).size };
}

async function sourcesOf(
	segments: readonly Segment[],
	packing: Parameters<typeof packRootImage>[1],
): Promise<readonly JoinSource[]> {
	const image = await packRootImage(segments, packing);
	// Only a caller's starter refuses.
	if (typeof image === 'string') throw new Error(image);
	return image.sources;
}
