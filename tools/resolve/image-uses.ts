// Lists the images that a configuration names, with their positions and the platforms that are needed.

import type { Platform } from '../../supervisor/image/descriptor.ts';
import { parsePlatform } from '../../supervisor/image/platform.ts';
import type { Position } from '../config/position.ts';
import type { SystemConfig, VolumeConfig } from '../config/system-config.ts';

export interface ImageUse {
	/** The name in the YAML. */
	readonly name: string;
	readonly at: Position;
	/** Is null for an image that is unpacked, for the system's own platform. */
	readonly layout: VolumeLayout | null;
}

/** An image that a volume keeps as an OCI layout. */
export interface VolumeLayout {
	readonly volume: string;
	readonly platforms: 'all' | readonly Platform[];
}

/** Yields each use, also several of one image. */
export function* imageUses(config: SystemConfig): Generator<ImageUse, void> {
	const { kernel, init, onboot, onshutdown, services, volumes } = config;
	const own = [...(kernel === null ? [] : [kernel]), ...init, ...onboot, ...onshutdown, ...services];
	for (const { image, at } of own) yield { name: image, at, layout: null };
	for (const volume of volumes) {
		const { image = '', at } = volume;
		if (image !== '') yield { name: image, at, layout: layoutOf(volume) };
	}
}

function layoutOf({ name, format, platforms = [] }: VolumeConfig): VolumeLayout | null {
	if (format !== 'oci') return null;
	// The schema allows only valid platforms.
	const wanted = platforms.map(parsePlatform).filter((platform) => platform !== null);
	return { volume: name, platforms: wanted.length === 0 ? 'all' : wanted };
}
