// Validates manifests and indexes (image-spec v1.1, `manifest.md` and `image-index.md`, and Docker's of the same shape).

import { SlipwayError } from '../errors.ts';
import { type Descriptor, digestHex, mediaTypes, type Platform } from './descriptor.ts';

export interface Manifest {
	readonly config: Descriptor;
	readonly layers: readonly Descriptor[];
}

/** @param what - names the file or image in an error */
export function parseManifest(value: unknown, what: string): Manifest {
	const manifest = record(value, what);
	// Readers would disagree about a document that can be read as either (CVE-2021-41190).
	if (manifest['manifests'] !== undefined) throw bad(what, 'is a manifest and an index at once');
	const layers = manifest['layers'];
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
