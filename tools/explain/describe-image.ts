// What is known of an image of the store, for `slipway inspect`.

import { formatPlatform } from '../../supervisor/image/platform.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { type Software, softwareOf } from '../sbom/software.ts';

export interface ImageDescription {
	readonly reference: string;
	readonly digest: string;
	readonly platform: string;
	/** Of the compressed layers. */
	readonly sizeBytes: number;
	readonly layers: readonly { readonly digest: string; readonly sizeBytes: number }[];
	readonly entrypoint: readonly string[];
	readonly command: readonly string[];
	readonly environment: readonly string[];
	readonly workingDirectory: string | null;
	readonly user: string | null;
	readonly stopSignal: string | null;
	/** Without those that list software. */
	readonly labels: Readonly<Record<string, string>>;
	/** Is null when it is not known, because Slipway has not built the image. */
	readonly software: readonly Pick<Software, 'name' | 'version'>[] | null;
}

/** Their contents are in `software`. */
const softwareLabels = /^org\.slipway\.(?:debian|software)$/;

export function describeImage({ reference, manifest, config, layers }: StoredImage): ImageDescription {
	const { Entrypoint, Cmd, Env, WorkingDir, User, StopSignal, Labels = {} } = config.config;
	const labels = Object.entries(Labels).filter(([name]) => !softwareLabels.test(name));
	return {
		reference,
		digest: manifest.digest,
		platform: formatPlatform(manifest.platform ?? { ...config, os: config.os || 'linux' }),
		sizeBytes: layers.reduce((sum, { size }) => sum + size, 0),
		layers: layers.map(({ digest, size }) => ({ digest, sizeBytes: size })),
		entrypoint: Entrypoint ?? [],
		command: Cmd ?? [],
		environment: Env ?? [],
		workingDirectory: WorkingDir ?? null,
		user: User || null,
		stopSignal: StopSignal ?? null,
		labels: Object.fromEntries(labels),
		software: softwareOf(config.config)?.map(({ name, version }) => ({ name, version })) ?? null,
	};
}
