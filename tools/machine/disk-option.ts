// `--disk [file=]PATH,size=1G,format=qcow2`, as `linuxkit run qemu -disk` reads it. Pure: disk-images.ts finds or
// creates the disk.

import { bytesOf } from '../config/sizes.ts';
import { UsageError } from '../errors.ts';

export type DiskFormat = 'raw' | 'qcow2';

export interface DiskRequest {
	/** Is null for a file beside the system. */
	readonly file: string | null;
	/** Is null when the disk must exist already. */
	readonly sizeBytes: number | null;
	/** Is null when the file's name decides. */
	readonly format: DiskFormat | null;
}

const expected = 'expected [file=]PATH, size=1G, format=raw or format=qcow2, with commas between';
/** QEMU takes no larger one. */
const maxBytes = 8 * 2 ** 50;

export function parseDiskRequest(text: string): DiskRequest {
	const wrong = (why: string): UsageError => new UsageError(`--disk ${text}: ${why}.`);
	const values = new Map<string, string>();
	for (const [index, part] of text.split(',').entries()) {
		const isBarePath = index === 0 && part !== '' && !part.includes('=');
		if (isBarePath && parseDiskSize(part) !== null)
			throw wrong(`a size is written size=${part}, and a file of this name ./${part}`);
		const [, key = '', value = ''] = isBarePath ? ['', 'file', part] : (/^(\w+)=(.+)$/.exec(part) ?? []);
		if (!['file', 'size', 'format'].includes(key)) throw wrong(expected);
		if (values.has(key)) throw wrong(`${key} is given twice`);
		values.set(key, value);
	}
	const [file = null, size, format = null] = ['file', 'size', 'format'].map((key) => values.get(key));
	if (format !== null && format !== 'raw' && format !== 'qcow2') throw wrong('format is raw or qcow2');
	const sizeBytes = size === undefined ? null : parseDiskSize(size);
	if (size !== undefined && sizeBytes === null) {
		throw wrong('size is a number with M, G or T, such as 512M or 1G; without a letter it means M');
	}
	return { file, sizeBytes, format };
}

/**
 * Returns the size in bytes, or null for a text that is not a size. A plain number is megabytes, as with LinuxKit; `2G`, `2g`,
 * `2GB` and `2GiB` are the same, as with Docker and QEMU.
 */
export function parseDiskSize(text: string): number | null {
	if (!/^\d{1,9}(?:[MGT](?:i?B)?)?$/i.test(text)) return null;
	const bytes = bytesOf(/\d$/.test(text) ? `${text}M` : text) ?? 0;
	return bytes > 0 && bytes <= maxBytes ? bytes : null;
}
