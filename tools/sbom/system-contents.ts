// The images of a planned system, and the known software in each.

import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import { parseReference } from '../images/reference.ts';
import { imageUses } from '../resolve/image-uses.ts';
import type { Plan } from '../resolve/plan.ts';
import { purl } from './purl.ts';
import { type Software, softwareOf } from './software.ts';

export interface SystemImage {
	/** The name without the tag: `docker.io/linuxkit/init`. */
	readonly name: string;
	/** Is empty when only a digest is given. */
	readonly tag: string;
	/** The digest of the manifest for this system's platform. */
	readonly digest: string;
	readonly purl: string;
	/** Is null when it is unknown. */
	readonly software: readonly Software[] | null;
}

/** Lists each image once, sorted by name. */
export function systemContents({ config, images, layouts }: Plan): readonly SystemImage[] {
	const found = new Map<string, SystemImage>();
	const add = (reference: string, digest: string, arch: string, defaults: ImageDefaultsJson): void => {
		const image = describe(reference, digest, arch, softwareOf(defaults));
		found.set(image.purl, image);
	};
	for (const { name, layout } of imageUses(config)) {
		const image = images.get(name);
		const kept = layout === null ? undefined : layouts.get(layout.volume);
		// An OCI layout in a volume may be for several platforms.
		if (kept !== undefined) add(name, kept.top.digest, '', {});
		else if (image !== undefined)
			add(name, image.manifest.digest, image.config.architecture, image.config.config);
	}
	return [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

function describe(
	reference: string,
	digest: string,
	arch: string,
	software: readonly Software[] | null,
): SystemImage {
	const { domain, path, tag } = parseReference(reference);
	const url = purl('oci', '', path.split('/').at(-1) ?? '', digest, {
		arch,
		repository_url: `${domain}/${path}`,
		tag: tag ?? '',
	});
	return { name: `${domain}/${path}`, tag: tag ?? '', digest, purl: url, software };
}
