// The store's `index.json`, which maps references to manifests. It is changed under a lock and replaced by rename(2), so two
// concurrent processes lose no change, and a reader never sees a part of the file.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { compareText } from '../../native/text/compare-text.ts';
import { type Descriptor, mediaTypes } from '../../supervisor/image/descriptor.ts';
import { parseIndex } from '../../supervisor/image/manifest.ts';
import { SlipwayError } from '../errors.ts';
import { withFileLock } from '../files/file-lock.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';

/** The annotation with the reference (image-spec, `annotations.md`), by which skopeo and umoci find images. */
export const referenceAnnotation = 'org.opencontainers.image.ref.name';

/** The annotation with the full name of containerd and Docker, in which `ref.name` can be a tag alone. */
export const containerdName = 'io.containerd.image.name';

/** Returns the entries; none when there is no file. */
export async function readIndexFile(folder: string): Promise<readonly Descriptor[]> {
	const path = join(folder, 'index.json');
	if (!existsSync(path)) return [];
	const text = await readFile(path, 'utf8');
	try {
		return parseIndex(JSON.parse(text), path);
	} catch (cause) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${path} can't be read as an OCI index. Move it away and import again.`,
			{
				cause,
			},
		);
	}
}

/** Makes `reference` name a manifest. The blobs of its earlier manifest stay. */
export async function tagInIndexFile(
	folder: string,
	reference: string,
	manifest: Descriptor,
	temporary: TemporaryPaths,
): Promise<void> {
	await setInIndexFile(folder, { annotation: referenceAnnotation, value: reference }, manifest, temporary);
}

/**
 * Makes `reference` name what `change` makes of that which it names now.
 *
 * @param change - runs while no other process changes a reference of the store
 */
export async function retagInIndexFile(
	folder: string,
	reference: string,
	change: (former: Descriptor | undefined) => Promise<Descriptor>,
	temporary: TemporaryPaths,
): Promise<void> {
	await changeInIndexFile(folder, { annotation: referenceAnnotation, value: reference }, change, temporary);
}

/** Adds a descriptor with a name in the given annotation. Removes the entry that had this name. */
export async function setInIndexFile(
	folder: string,
	name: { readonly annotation: string; readonly value: string },
	descriptor: Descriptor,
	temporary: TemporaryPaths,
): Promise<void> {
	await changeInIndexFile(folder, name, async () => descriptor, temporary);
}

async function changeInIndexFile(
	folder: string,
	{ annotation, value }: { readonly annotation: string; readonly value: string },
	change: (former: Descriptor | undefined) => Promise<Descriptor>,
	temporary: TemporaryPaths,
): Promise<void> {
	makeFolder(join(folder, 'blobs', 'sha256'), 0o777);
	await withIndexLock(folder, temporary, async () => {
		const all = await readIndexFile(folder);
		const isNamed = (each: Descriptor): boolean => each.annotations?.[annotation] === value;
		const descriptor = await change(all.find(isNamed));
		const others = all.filter((each) => !isNamed(each));
		const named = { ...descriptor, annotations: { ...descriptor.annotations, [annotation]: value } };
		await writeIndexFile(folder, [...others, named], temporary);
	});
}

/** Removes these entries. The caller holds the lock. */
export async function removeFromIndexFile(
	folder: string,
	gone: readonly Descriptor[],
	temporary: TemporaryPaths,
): Promise<void> {
	const texts = new Set(gone.map((each) => JSON.stringify(each)));
	const left = (await readIndexFile(folder)).filter((each) => !texts.has(JSON.stringify(each)));
	await writeIndexFile(folder, left, temporary);
}

/**
 * Removes canonical references; their blobs stay. Changes nothing when one of them is unknown.
 *
 * @returns the unknown references
 */
export async function untagInIndexFile(
	folder: string,
	references: readonly string[],
	temporary: TemporaryPaths,
): Promise<string[]> {
	if (!existsSync(folder)) return [...references];
	return await withIndexLock(folder, temporary, async () => {
		const all = await readIndexFile(folder);
		const known = new Set(all.map(nameOf));
		const unknown = references.filter((reference) => !known.has(reference));
		if (unknown.length > 0) return unknown;
		const removed = new Set(references);
		await writeIndexFile(
			folder,
			all.filter((each) => !removed.has(nameOf(each))),
			temporary,
		);
		return [];
	});
}

async function writeIndexFile(
	folder: string,
	descriptors: readonly Descriptor[],
	temporary: TemporaryPaths,
): Promise<void> {
	const manifests = descriptors.toSorted((a, b) => compareText(nameOf(a), nameOf(b)));
	await replace(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}\n', temporary);
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
	await replace(join(folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`, temporary);
}

function nameOf(descriptor: Descriptor): string {
	return descriptor.annotations?.[referenceAnnotation] ?? '';
}

async function replace(path: string, text: string, temporary: TemporaryPaths): Promise<void> {
	await replaceFile(path, temporary, (file) => writeFile(file, text, { flush: true }));
}

/** Runs `work` while no other process changes a reference of the store. The store's directory must exist. */
export async function withIndexLock<T>(
	folder: string,
	temporary: TemporaryPaths,
	work: () => Promise<T>,
): Promise<T> {
	return await withFileLock(join(folder, '.index.lock'), temporary, work);
}
