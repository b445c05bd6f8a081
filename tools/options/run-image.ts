// Looks at the image of `slipway run-in` before it is sent: the guest could only say what its standard input is not.

import { readdirSync, statSync } from 'node:fs';
import { compressionOf } from '../../supervisor/image/decompress.ts';
import { fileKind, kindBytes } from '../../supervisor/image/file-kind.ts';
import { SlipwayError } from '../errors.ts';
import { readAt } from '../machine/medium-processor.ts';

/** Throws a `SlipwayError` for what can be no image. What can't be read is left to who reads it. */
export function checkRunImage(image: string): void {
	const found = statSync(image, { throwIfNoEntry: false });
	if (found === undefined && /^[\w./-]+[:@][\w.:-]+$/.test(image))
		throw new SlipwayError(
			'NO_FILE',
			`There is no file ${image}. An image of the store becomes one by: slipway cache export --output FILE.tar ${image}`,
		);
	if (found?.isDirectory() === true && isEmpty(image)) throw refused(image, 'is empty');
	if (found?.isFile() !== true) return;
	const head = headOf(image, Math.min(found.size, kindBytes));
	if (head === null || compressionOf(head) !== null) return;
	const kind = fileKind(head);
	if (kind === 'empty') throw refused(image, 'is empty');
	if (kind !== null) throw refused(image, `is no tar archive: it is ${kind}`);
	if (head.every((byte) => byte === 0))
		throw refused(image, 'begins with zeros: it is an empty tar archive, or a disk image');
}

function isEmpty(folder: string): boolean {
	try {
		return readdirSync(folder).length === 0;
	} catch {
		return false;
	}
}

function headOf(path: string, sizeBytes: number): Buffer | null {
	try {
		return readAt(path, 0, sizeBytes);
	} catch {
		return null;
	}
}

function refused(image: string, why: string): SlipwayError {
	const hint = /\.ya?ml$/.test(image)
		? ` The system of a YAML file is booted by: slipway up ${image}`
		: ' It takes a tarball of a root file system, a docker save archive, an OCI layout, or a folder with a root.';
	return new SlipwayError('BAD_IMAGE', `run-in: ${image} ${why}.${hint}`);
}
