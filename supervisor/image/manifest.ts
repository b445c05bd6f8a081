// Validates manifests and indexes (image-spec v1.1, `manifest.md` and `image-index.md`, and Docker's of the same shape).

import { type Descriptor, digestHex, mediaTypes, type Platform } from './descriptor.ts';
import { SlipwayError } from './slipway-error.ts';

export interface Manifest {
	readonly config: Descriptor;
	readonly layers: readonly Descriptor[];
}

/** @param what - names the file or image in an error */
export function parseManifest(value: unknown, what: string): Manifest {
	const manifest = record(value, what);
	// Readers would disagree about a document that can be read as either (CVE-2021-41190).
	if (manifest['manifests'] !== undefined) throw bad(what, 'is a manifest and an index at once');
	// An image without layers has an empty list, or by some writers none.
	const layers = manifest['layers'] ?? (manifest['config'] === undefined ? undefined : []);
	if (!Array.isArray(layers)) throw bad(what, 'has no layers');
	return {
		config: parseDescriptor(manifest['config'], what),
		layers: layers.map((layer) => parseDescriptor(layer, what)),
	};
}

/** @param what - names the file or image in an error */
export function parseIndex(value: unknown, what: string): readonly Descriptor[] {
	const { manifests, config, layers } = record(value, what);
	if (config !== undefined || layers !== undefined) throw bad(what, 'is an index and a manifest at once');
	if (!Array.isArray(manifests)) throw bad(what, 'has no manifests');
	return manifests.map((manifest) => parseDescriptor(manifest, what));
}

/** Types of the configuration of an image; the second is of Docker, the third of writers that give none. */
const imageConfigTypes = [mediaTypes.config, mediaTypes.dockerConfig, 'application/octet-stream', ''];

/**
 * Throws a `SlipwayError` unless the manifest is that of an image. A Helm chart or an attestation has a manifest of the
 * same shape (image-spec v1.1, `manifest.md`, Guidelines for Artifact Usage).
 */
export function requireImage({ config }: Manifest, what: string): void {
	if (imageConfigTypes.includes(config.mediaType)) return;
	const chart = config.mediaType.includes('helm') ? ', a Helm chart' : '';
	throw bad(what, `is not an image but an artifact${chart}: its config has the type "${config.mediaType}"`);
}

/**
 * Returns the media type that the fields of a document show, or null. The specification leaves `mediaType` out, and simple
 * servers send no type that is of use.
 */
export function shownMediaType(value: unknown): string | null {
	if (typeof value !== 'object' || value === null) return null;
	const { schemaVersion, manifests, config, layers } = value as Record<string, unknown>;
	if (schemaVersion !== 2) return null;
	if (Array.isArray(manifests)) return mediaTypes.index;
	return typeof config === 'object' && Array.isArray(layers) ? mediaTypes.manifest : null;
}

/** Reports whether this is the type of a single image's manifest. */
export function isManifest(mediaType: string): boolean {
	return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest;
}

export function isIndex(mediaType: string): boolean {
	return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerList;
}

function parseDescriptor(value: unknown, what: string): Descriptor {
	const { mediaType, digest, size, platform, artifactType, annotations } = record(value, what);
	if (typeof mediaType !== 'string' || typeof digest !== 'string' || typeof size !== 'number') {
		throw bad(what, 'has a descriptor without mediaType, digest or size');
	}
	digestHex(digest, what);
	if (!Number.isSafeInteger(size) || size < 0) throw bad(what, `has a blob of ${size} bytes`);
	return {
		mediaType,
		digest,
		size,
		...(platform === undefined ? {} : { platform: parsePlatform(platform, what) }),
		...(typeof artifactType === 'string' ? { artifactType } : {}),
		...(annotations === undefined ? {} : { annotations: parseAnnotations(annotations, what) }),
	};
}

function parsePlatform(value: unknown, what: string): Platform {
	const { architecture, os, variant } = record(value, what);
	if (typeof architecture !== 'string' || typeof os !== 'string')
		throw bad(what, 'has a platform without os');
	return { architecture, os, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}

function parseAnnotations(value: unknown, what: string): Record<string, string> {
	const pairs = Object.entries(record(value, what));
	return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function record(value: unknown, what: string): Record<string, unknown> {
	if (typeof value === 'object' && value !== null && !Array.isArray(value))
		return value as Record<string, unknown>;
	throw bad(what, 'is not a JSON object');
}

function bad(what: string, why: string): SlipwayError {
	return new SlipwayError('BAD_IMAGE', `${what} ${why}.`);
}
