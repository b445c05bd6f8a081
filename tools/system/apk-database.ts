// Joins the package databases of several Alpine init images, as LinuxKit does (its moby/apk_tarwriter.go). Each image has its
// own at the same path, and the last one alone would list only its own packages.

import type { Entry, FileEntry } from '../archive/entry.ts';
import { SlipwayError } from '../errors.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { imageEntries } from './image-entries.ts';
import { bytesFile } from './place-image.ts';
import type { EarlierSegment, Segment } from './segment.ts';

const path = 'lib/apk/db/installed';

/** A whole Alpine mirror has less. The databases are held in memory. */
const maxDatabaseBytes = 64 * 2 ** 20;

/** Returns a segment without entries unless at least two init images have a database. */
export function apkDatabase(plan: Plan, blobs: BlobFolder): Segment {
	return {
		name: path,
		key: null,
		sizeHintBytes: 0,
		async *entries(earlier): AsyncGenerator<Entry, void> {
			const names = plan.config.init
				.map(({ image }) => image)
				.filter((name) => earlier.some((segment) => hasDatabase(segment, name)));
			if (names.length < 2) return;
			const parts: Buffer[] = [];
			// Two empty lines separate the databases, as in LinuxKit's.
			for (const name of names) parts.push(await databaseOf(name, plan, blobs), Buffer.from('\n\n'));
			yield bytesFile(path, Buffer.concat(parts));
		},
	};
}

function hasDatabase(segment: EarlierSegment, image: string): boolean {
	return segment.name === image && segment.paths.includes(path);
}

async function databaseOf(name: string, plan: Plan, blobs: BlobFolder): Promise<Buffer> {
	for await (const entry of imageEntries(blobs, imageOf(plan, name)))
		if (entry.kind === 'file' && entry.path === path) return await bytesOf(name, entry);
	// The image has it as a link.
	return Buffer.alloc(0);
}

async function bytesOf(name: string, { sizeBytes, content }: FileEntry): Promise<Buffer> {
	if (sizeBytes > maxDatabaseBytes) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${name}: /${path} has ${sizeBytes} bytes, more than the ${maxDatabaseBytes} of any list of Alpine packages.`,
		);
	}
	const parts: Uint8Array[] = [];
	for await (const part of content()) parts.push(part);
	return Buffer.concat(parts);
}
