// The plan of a system: every image that the configuration names, resolved in the local store.

import { SlipwayError } from '../commands/command.ts';
import { formatPosition, type Position } from '../config/position.ts';
import type { SystemConfig } from '../config/system-config.ts';
import { hostPlatform, type ImageStore, type StoredImage } from '../image/store.ts';

export interface Plan {
	readonly config: SystemConfig;
	/** By the name that stands in the YAML. */
	readonly images: ReadonlyMap<string, StoredImage>;
}

/** Throws one `SlipwayError` that names all missing images and where they are asked for. */
export async function makePlan(config: SystemConfig, store: ImageStore): Promise<Plan> {
	const images = new Map<string, StoredImage>();
	const missing: string[] = [];
	for (const { name, at } of namedImages(config)) {
		if (images.has(name)) continue;
		const image = await store.find(name);
		if (image !== null) images.set(name, image);
		else {
			const where = at === null ? '' : `${formatPosition(at)}: `;
			const why = (await store.has(name))
				? `is in the store, but not for ${hostPlatform.os}/${hostPlatform.architecture}`
				: 'is not in the store';
			missing.push(`${where}the image ${name} ${why}.`);
		}
	}
	if (missing.length > 0) {
		const hint = `Build it with "slipway pkg build", or add it with "slipway cache import" (store: ${store.folder}).`;
		throw new SlipwayError('IMAGE_MISSING', [...new Set(missing), hint].join('\n'));
	}
	return { config, images };
}

function* namedImages(config: SystemConfig): Generator<{ name: string; at: Position | null }, void> {
	if (config.kernel !== null) yield { name: config.kernel.image, at: config.kernel.at };
	for (const { image, at } of config.init) yield { name: image, at };
	for (const container of [...config.onboot, ...config.onshutdown, ...config.services]) {
		yield { name: container.image, at: container.at };
	}
}
