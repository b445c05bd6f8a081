// Reads a kernel image in LinuxKit's form: a file `kernel`, and a `kernel.tar` with the modules for the root.

import { type Entry, fileNames } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';
import { openSpool } from '../files/spool.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { flattenLayers } from './flatten.ts';
import { imageEntries } from './image-entries.ts';

/** The image has no file of this path. */
export class NoImageFile extends SlipwayError {
	constructor(image: StoredImage, path: string, hint = '') {
		const message = `The image ${image.reference} has no file /${path}.`;
		super('BAD_IMAGE', hint === '' ? message : `${message} ${hint}`);
	}
}

/** Returns the line for a kernel image without the microcode that the YAML names. LinuxKit builds such a system, too. */
export function noMicrocodeLine({ reference }: StoredImage, path: string): string {
	return `The image ${reference} has no file /${path} ("ucode" in "kernel"): the system is built without microcode.`;
}

/**
 * Yields the bytes of one file of the image. Throws a `NoImageFile` when the image has no such file.
 *
 * @param hint - advice that ends the error's message
 */
export async function* imageFile(
	blobs: BlobFolder,
	image: StoredImage,
	path: string,
	hint = '',
): AsyncGenerator<Uint8Array, void> {
	let found = false;
	for await (const entry of imageEntries(blobs, image)) {
		if (entry.kind !== 'file' || !fileNames(entry).includes(path)) continue;
		found = true;
		yield* entry.content();
	}
	if (!found) throw new NoImageFile(image, path, hint);
}

/** Yields the entries of the image's tar of modules. Throws when there is none: a system without modules may not boot. */
export async function* kernelTarEntries(
	blobs: BlobFolder,
	image: StoredImage,
	path: string,
): AsyncGenerator<Entry, void> {
	const hint = 'If its modules are not wanted, say "tar: none" in "kernel".';
	const read = (): AsyncGenerator<Uint8Array, void> => imageFile(blobs, image, path, hint);
	const spool = openSpool(blobs.layoutFolder);
	try {
		yield* flattenLayers([
			{
				what: `${image.reference}: its /${path}`,
				open: (pass) => (pass === 1 ? spool.record(read) : spool.replay(read)),
			},
		]);
	} finally {
		await spool.close();
	}
}
