// The content id of a VMDK image (VMware's "Virtual Disk Format", 1.1): a line of its descriptor, which is a text near the start, with
// NULs behind it. It follows from the contents, so the same disk gives the same bytes. Pure.

import { createHash } from 'node:crypto';

export interface SettledDescriptor {
	/** Where the bytes belong in the file. */
	readonly position: number;
	readonly bytes: Buffer;
}

/**
 * Returns the rest of the descriptor from its content id on, with the id that follows from the text; null when there is none.
 *
 * @param start - the first bytes of the file, with the whole descriptor. `qemu-img` writes the id without leading zeros.
 */
export function withContentId(start: Buffer, identity: string): SettledDescriptor | null {
	const position = start.indexOf('\nCID=', 0, 'latin1');
	const end = start.indexOf(0, position);
	if (position < 0 || end < 0) return null;
	const id = createHash('sha256').update(identity).digest('hex').slice(0, 8);
	const text = start.toString('latin1', position, end).replace(/^\nCID=[0-9a-f]*/, `\nCID=${id}`);
	return { position, bytes: Buffer.from(text, 'latin1') };
}
