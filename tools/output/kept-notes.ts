// The notes beside each file of the cache (segment-cache.ts): what the file must be, so that a damaged, cut or exchanged one
// is noticed. The notes begin with a digest of themselves. They are no signature: whoever writes to the store can forge both.

import { createHash } from 'node:crypto';

export interface KeptNotes {
	/** The hash of the cache's key, which is also the file's name. */
	readonly name: string;
	/** The digest of the file, 64 hexadecimal digits. */
	readonly sha256: string;
	readonly sizeBytes: number;
	/** Facts about the file for its reader; null for none. */
	readonly contents: unknown;
}

export function formatNotes(notes: KeptNotes): string {
	const body = JSON.stringify(notes);
	return `${digestOf(body)}\n${body}`;
}

/** Returns null for damaged notes, and for those of another file. */
export function parseNotes(text: string, name: string): KeptNotes | null {
	const body = text.slice(text.indexOf('\n') + 1);
	if (text !== `${digestOf(body)}\n${body}`) return null;
	// The digest shows that `formatNotes` wrote the body.
	const notes = JSON.parse(body) as KeptNotes;
	return notes.name === name ? notes : null;
}

function digestOf(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}
