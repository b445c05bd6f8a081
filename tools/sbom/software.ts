// The software in an image, read from the labels that `slipway pkg build` writes.

import { debianLabel, softwareLabel } from '../../supervisor/contract/labels.ts';
import type { ImageDefaultsJson } from '../../supervisor/image/image-config.ts';
import { purl } from './purl.ts';

export interface Software {
	readonly name: string;
	readonly version: string;
	readonly purl: string;
	/** The bytes of its files in the image; absent when the label does not say it. */
	readonly bytes?: number;
	/** The hash of the package as its publisher distributes it (`.deb`, npm's tar), or of the file of our own program. */
	readonly checksum?: { readonly algorithm: 'SHA256' | 'SHA512'; readonly value: string };
}

/** Returns null for an image of another builder, whose contents are unknown. */
export function softwareOf({ Labels: labels = {} }: ImageDefaultsJson): readonly Software[] | null {
	if (labels[debianLabel] === undefined) return null;
	return [
		...listIn(labels[debianLabel]).flatMap(asDebian),
		...listIn(labels[softwareLabel]).flatMap(asSoftware),
	];
}

/** Returns an empty list for a label that can't be parsed: another builder may use the same name. */
function listIn(label: string | undefined): readonly Readonly<Record<string, unknown>>[] {
	try {
		const list: unknown = JSON.parse(label ?? '[]');
		return Array.isArray(list) ? list.filter((each) => typeof each === 'object' && each !== null) : [];
	} catch {
		return [];
	}
}

function asDebian(pin: Readonly<Record<string, unknown>>): Software[] {
	const { name, version, architecture, sha256, bytes } = pin;
	if (typeof name !== 'string' || typeof version !== 'string') return [];
	const arch = typeof architecture === 'string' ? architecture : '';
	const size = Number.isSafeInteger(bytes) && Number(bytes) >= 0 ? { bytes: Number(bytes) } : {};
	const url = purl('deb', 'debian', name, version, { arch });
	return [{ name, version, purl: url, ...size, ...checksum('SHA256', sha256) }];
}

function asSoftware({
	name,
	version,
	purl: url,
	checksum: given,
}: Readonly<Record<string, unknown>>): Software[] {
	if (typeof name !== 'string' || typeof version !== 'string' || typeof url !== 'string') return [];
	const { algorithm, value } = (given ?? {}) as { readonly algorithm?: unknown; readonly value?: unknown };
	const known = algorithm === 'SHA256' || algorithm === 'SHA512' ? checksum(algorithm, value) : {};
	return [{ name, version, purl: url, ...known }];
}

function checksum(algorithm: 'SHA256' | 'SHA512', value: unknown): Pick<Software, 'checksum'> {
	return typeof value === 'string' && /^[0-9a-f]+$/.test(value) ? { checksum: { algorithm, value } } : {};
}
