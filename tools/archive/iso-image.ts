// Makes a small ISO 9660 image of a few files in its root, in the memory: a config drive. The same files give the same bytes.

import { isoHead, isoHeadSectors, isoSectorBytes } from './iso-volume.ts';

export interface IsoFile {
	/** Up to 30 characters. */
	readonly name: string;
	readonly content: Uint8Array;
}

/** Throws a `RangeError` for names that are too long, or more files than one sector can list. See `isoHead`. */
export function isoImage(label: string, files: readonly IsoFile[]): Buffer {
	let sector = isoHeadSectors(
		files.map(({ name }) => name),
		false,
	);
	const placed = files.map(({ name, content }) => {
		const extent = { path: name, sector, sizeBytes: content.length };
		sector += Math.ceil(content.length / isoSectorBytes);
		return extent;
	});
	const head = isoHead({ label, files: placed, totalSectors: sector, catalogSector: null });
	const image = Buffer.alloc(sector * isoSectorBytes);
	head.copy(image, 16 * isoSectorBytes);
	for (const [index, { content }] of files.entries())
		image.set(content, (placed[index]?.sector ?? 0) * isoSectorBytes);
	return image;
}
