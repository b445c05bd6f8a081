// What a root tree is made of, as digests: by them a build is compared with the one before.

import { createHash } from 'node:crypto';
import type { Entry } from '../archive/entry.ts';
import type { Segment } from './segment.ts';

export interface TreeMarks {
	/** All but the services. */
	readonly rest: string;
	/** By the names of the services. */
	readonly services: ReadonlyMap<string, string>;
}

/** Reads the files of the host that the tree has, but no image. */
export async function treeMarks(segments: readonly Segment[]): Promise<TreeMarks> {
	const rest = createHash('sha256');
	const services = new Map<string, string>();
	for (const segment of segments) {
		const mark = segment.key ?? (await entriesDigest(segment.entries([])));
		if (segment.service === undefined) rest.update(`${mark}\n`);
		else services.set(segment.service, `${services.get(segment.service) ?? ''}${mark}\n`);
	}
	return { rest: rest.digest('hex'), services };
}

/** Returns the names of the services that differ; null when something else differs too, or there are other services. */
export function changedServices(before: TreeMarks, after: TreeMarks): string[] | null {
	const names = [...after.services.keys()];
	const isSame = before.rest === after.rest && before.services.size === names.length;
	if (!isSame || names.some((name) => !before.services.has(name))) return null;
	return names.filter((name) => before.services.get(name) !== after.services.get(name));
}

async function entriesDigest(entries: AsyncIterable<Entry>): Promise<string> {
	const hash = createHash('sha256');
	for await (const entry of entries) {
		const { xattrs = new Map<string, Buffer>() } = entry;
		const texts = [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]);
		hash.update(`${JSON.stringify({ ...entry, content: undefined, xattrs: texts })}\n`);
		if (entry.kind === 'file') for await (const chunk of entry.content()) hash.update(chunk);
	}
	return hash.digest('hex');
}
