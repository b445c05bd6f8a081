// What tells a content from another one of the same size, before it is written: an id of a disk follows from it.

import { createHash } from 'node:crypto';
import { fileDigest } from '../files/file-digest.ts';
import type { JoinSource } from '../files/joined.ts';

/** Reads the files that have no digest yet. Returns 64 hexadecimal digits. */
export async function contentDigest(sources: readonly JoinSource[]): Promise<string> {
	const hash = createHash('sha256');
	for (const source of sources) hash.update(`${await described(source)}\n`);
	return hash.digest('hex');
}

async function described(source: JoinSource): Promise<string> {
	if (source instanceof Uint8Array) return createHash('sha256').update(source).digest('hex');
	if (typeof source === 'string') return await fileDigest(source);
	if ('holeBytes' in source) return `hole ${source.holeBytes}`;
	// The trailer follows from the others.
	if ('summed' in source) return (await Promise.all(source.summed.map(described))).join(' ');
	return JSON.stringify([source.sha256, source.ranges ?? null]);
}
