// Extended attributes can't stand in a newc archive: they are written down in a file at the end of it, which PID 1
// reads (supervisor/contract/xattrs-file.ts).

import { createHash } from 'node:crypto';
import { type XattrLine, xattrsFolder } from '../../supervisor/contract/xattrs-file.ts';
import type { Entry } from '../rootfs/entry.ts';
import { parentFolders, textFile } from '../rootfs/place-image.ts';

/** @param key - makes the file's name, which no other part of the tree may have */
export async function* xattrsLast(entries: AsyncIterable<Entry>, key: string): AsyncGenerator<Entry, void> {
	const lines: string[] = [];
	for await (const entry of entries) {
		for (const [name, value] of entry.xattrs ?? []) {
			const line: XattrLine = { path: entry.path, name, value: Buffer.from(value).toString('base64') };
			lines.push(`${JSON.stringify(line)}\n`);
		}
		yield entry;
	}
	if (lines.length === 0) return;
	const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
	yield* parentFolders(xattrsFolder);
	yield textFile(`${xattrsFolder}/${name}.jsonl`, lines.join(''));
}
