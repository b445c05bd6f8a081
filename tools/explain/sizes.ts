// Why a system is large: its size by image, by package and by file. Pure.

import { compareText } from '../../native/text/compare-text.ts';
import type { TreeContents, TreeFile, TreePart } from './contents.ts';

export interface Size {
	readonly bytes: number;
	readonly files: number;
}

export interface SizedPart extends Size {
	readonly name: string;
	readonly isImage: boolean;
}

export interface SizedPackage {
	readonly name: string;
	/** Is empty when only the files of the package are known. */
	readonly version: string;
	/** Is null when it is not known which files belong to the package. */
	readonly bytes: number | null;
	/** The names of the images that have it. */
	readonly images: readonly string[];
}

export interface SystemSizes {
	readonly total: Size;
	/** As `TreeContents.sharedBytes`. */
	readonly sharedBytes: number | null;
	/** The largest first. What the configuration writes is one entry. */
	readonly parts: readonly SizedPart[];
	/** The largest first, those of unknown size last. */
	readonly packages: readonly SizedPackage[];
	/** The largest first. */
	readonly largest: readonly { readonly path: string; readonly bytes: number; readonly part: string }[];
}

/** The name of all that no image brings. */
const ownPart = 'configuration';

/** @param top - the number of files to list */
export function systemSizes(contents: TreeContents, top: number): SystemSizes {
	const parts = mergedParts(contents.parts);
	const sized = parts.map(({ name, isImage, files }) => ({ name, isImage, ...sizeOf(files) }));
	const largest = parts
		.flatMap((part) => part.files.map(({ path, sizeBytes }) => ({ path, bytes: sizeBytes, part: part.name })))
		.filter(({ bytes }) => bytes > 0)
		.toSorted((a, b) => b.bytes - a.bytes || compareText(a.path, b.path));
	return {
		total: sizeOf(parts.flatMap(({ files }) => files)),
		sharedBytes: contents.sharedBytes,
		largest: largest.slice(0, top),
		parts: sized.toSorted((a, b) => b.bytes - a.bytes),
		packages: packagesOf(contents, parts),
	};
}

/** Joins the parts of one image, and those of the configuration. Keeps their order. */
export function mergedParts(parts: readonly TreePart[]): readonly TreePart[] {
	const merged = new Map<string, TreePart>();
	for (const part of parts) {
		const name = part.isImage ? part.name.replace(/ \((?:modules|OCI layout)\)$/, '') : ownPart;
		const before = merged.get(name);
		const files = [...(before?.files ?? []), ...part.files];
		const packages = new Map([...(before?.packages ?? []), ...part.packages]);
		merged.set(name, { name, isImage: part.isImage, files, packages });
	}
	return [...merged.values()];
}

function sizeOf(files: readonly TreeFile[]): Size {
	return {
		bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
		files: files.filter(({ kind }) => kind !== 'directory').length,
	};
}

function packagesOf({ images }: TreeContents, parts: readonly TreePart[]): readonly SizedPackage[] {
	const found = new Map<string, { version: string; bytes: number | null; images: Set<string> }>();
	const add = (name: string, version: string, bytes: number | null, image: string): void => {
		const key = JSON.stringify([name, version]);
		const before = found.get(key) ?? { version, bytes: null, images: new Set<string>() };
		before.images.add(image);
		if (bytes !== null) before.bytes = (before.bytes ?? 0) + bytes;
		found.set(key, before);
	};
	for (const image of images) {
		const name = image.tag === '' ? image.name : `${image.name}:${image.tag}`;
		for (const { name: software, version, bytes } of image.software ?? [])
			add(software, version, bytes ?? null, shortName(name));
	}
	for (const part of parts) {
		const owned = Map.groupBy(part.files, ({ owner }) => owner);
		for (const [owner, files] of owned)
			if (owner !== null) add(owner, part.packages.get(owner) ?? '', sizeOf(files).bytes, part.name);
	}
	return [...found]
		.map(([key, each]) => ({
			name: (JSON.parse(key) as [string])[0],
			version: each.version,
			bytes: each.bytes,
			images: [...each.images],
		}))
		.toSorted((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1) || compareText(a.name, b.name));
}

/** Docker's own registry goes without saying, as in a YAML. */
export function shortName(image: string): string {
	return image.replace(/^docker\.io\/(?:library\/)?/, '');
}
