// Parses platforms and chooses the manifest of an index for one, by the rules of containerd's `platforms` package (Default and
// Only), which are Docker's.

import type { Descriptor, Platform } from './descriptor.ts';
import { isIndex } from './manifest.ts';
import { SlipwayError } from './slipway-error.ts';

/** Parses `linux/amd64` or `linux/arm/v7`; returns null for another form. */
export function parsePlatform(text: string): Platform | null {
	const [, os, architecture, variant] = /^([a-z0-9]+)\/([a-z0-9_-]+)(?:\/([a-z0-9.]+))?$/i.exec(text) ?? [];
	if (os === undefined || architecture === undefined) return null;
	return normalized({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** Returns `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
	return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
}

/** Returns how well an image for `offered` runs on `wanted`: 0 is best, null means that it does not run. */
export function platformRank(offered: Platform, wanted: Platform): number | null {
	const name = formatPlatform(normalized(offered));
	const rank = servedBy(normalized(wanted)).findIndex((each) => formatPlatform(each) === name);
	return rank === -1 ? null : rank;
}

/** Returns the best manifest for `wanted`. One without a platform is the last choice. */
export function bestManifest(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
	const rankOf = ({ platform }: Descriptor): number | null =>
		platform === undefined ? Number.POSITIVE_INFINITY : platformRank(platform, wanted);
	let best: { readonly manifest: Descriptor; readonly rank: number } | undefined;
	for (const manifest of manifests) {
		const rank = rankOf(manifest);
		if (rank !== null && (best === undefined || rank < best.rank)) best = { manifest, rank };
	}
	return best?.manifest;
}

const maxNesting = 4;
/** The limit for all levels together. More is an attack or a mistake. */
const maxIndexes = 64;

/**
 * Returns the manifests of images below an index and the indexes within it, in order. Leaves out manifests of other things:
 * buildx adds attestations with the platform unknown/unknown.
 *
 * @param entriesOf - reads an index within the index
 */
export async function imageManifests(
	entries: readonly Descriptor[],
	entriesOf: (index: Descriptor) => Promise<readonly Descriptor[]>,
): Promise<readonly Descriptor[]> {
	const manifests: Descriptor[] = [];
	let indexes = 0;

	async function walk(level: readonly Descriptor[], nesting: number): Promise<void> {
		for (const each of level) {
			if (!isIndex(each.mediaType)) {
				if (each.platform?.os !== 'unknown') manifests.push(each);
				continue;
			}
			indexes += 1;
			if (nesting === maxNesting || indexes > maxIndexes) {
				throw new SlipwayError(
					'BAD_IMAGE',
					`Indexes within the index are more than ${maxNesting} deep, or more than ${maxIndexes}.`,
				);
			}
			await walk(await entriesOf(each), nesting + 1);
		}
	}

	await walk(entries, 0);
	return manifests;
}

/** Replaces other names of architectures, and adds the default variant. */
function normalized({ os, architecture, variant = '' }: Platform): Platform {
	const name = architecture.toLowerCase();
	const version = variant.toLowerCase().replace(/^(?=\d)/, 'v');
	const of = (known: string, knownVersion: string): Platform => ({
		os: os.toLowerCase(),
		architecture: known,
		...(knownVersion === '' ? {} : { variant: knownVersion }),
	});
	if (name === 'i386') return of('386', '');
	if (['x86_64', 'x86-64', 'amd64'].includes(name)) return of('amd64', version === 'v1' ? '' : version);
	if (['aarch64', 'arm64'].includes(name)) return of('arm64', version === 'v8' ? '' : version);
	if (name === 'armhf') return of('arm', 'v7');
	if (name === 'armel') return of('arm', 'v6');
	if (name === 'arm') return of('arm', version === '' ? 'v7' : version);
	return of(name, version);
}

/** Arm is at v9. The number of a variant is any that a YAML or a command line says, and each older one is listed. */
const maxVariant = 32;

/** Returns the platforms that a machine runs, the best first, with older variants and the 32-bit programs of its family. */
function servedBy(platform: Platform): readonly Platform[] {
	const { os, architecture, variant } = platform;
	const number = Math.min(Number(variant?.slice(1) ?? 0), maxVariant);
	const down = (family: string, from: number, to: number): Platform[] =>
		Array.from({ length: Math.max(0, from - to + 1) }, (_, index) =>
			normalized({ os, architecture: family, variant: `v${from - index}` }),
		);
	if (architecture === 'amd64')
		return [platform, ...down('amd64', number - 1, 1), { os, architecture: '386' }];
	if (architecture === 'arm') return [platform, ...down('arm', number - 1, 5)];
	if (architecture !== 'arm64') return [platform];
	return [platform, ...down('arm64', Math.ceil(number) - 1, 8), ...down('arm', 8, 5)];
}
