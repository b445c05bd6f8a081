// Lists the images that a configuration names, with their positions and the platforms that are needed.

import type { Platform } from '../../supervisor/image/descriptor.ts';
import { parsePlatform } from '../../supervisor/image/platform.ts';
import type { Position } from '../config/position.ts';
import type { SystemConfig, VolumeConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';

export interface ImageUse {
	/** The name in the YAML. */
	readonly name: string;
	/** The record or text in the YAML, and the way from there to the name. */
	readonly at: Position;
	readonly path: ValuePath;
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
	if (kernel !== null) yield { name: kernel.image, at: kernel.at, path: ['image'], layout: null };
	for (const { image, at } of init) yield { name: image, at, path: [], layout: null };
	for (const { image, at } of [...onboot, ...onshutdown, ...services])
		yield { name: image, at, path: ['image'], layout: null };
	for (const volume of volumes) {
		const { image = '', at } = volume;
		if (image !== '') yield { name: image, at, path: ['image'], layout: layoutOf(volume) };
	}
}

function layoutOf({ name, format, platforms = [] }: VolumeConfig): VolumeLayout | null {
	if (format !== 'oci') return null;
	// The schema allows only valid platforms.
	const wanted = platforms.map(parsePlatform).filter((platform) => platform !== null);
	return { volume: name, platforms: wanted.length === 0 ? 'all' : wanted };
}
