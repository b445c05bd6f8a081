// The Debian packages that an image was made of, as its configuration tells them.

import { debianLabel } from '../../supervisor/contract/labels.ts';

/** @returns their sha256 digests; none for an image of another builder */
export function debianPins(imageConfig: unknown): string[] {
	const { config } = (imageConfig ?? {}) as { readonly config?: { readonly Labels?: unknown } | null };
	const label = ((config?.Labels ?? {}) as Readonly<Record<string, unknown>>)[debianLabel];
	if (typeof label !== 'string') return [];
	let pins: unknown;
	try {
		pins = JSON.parse(label);
	} catch {
		return [];
	}
	if (!Array.isArray(pins)) return [];
	return pins.flatMap((pin: { readonly sha256?: unknown } | null) =>
		typeof pin?.sha256 === 'string' ? [pin.sha256] : [],
	);
}
