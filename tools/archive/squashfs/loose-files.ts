// Files that belong to no part: their bytes are written to one file as blocks that are not compressed. They are few and small,
// and no program is started for them.

import { type FileHandle, open } from 'node:fs/promises';
import { SlipwayError } from '../../errors.ts';
import type { FileEntry } from '../entry.ts';
import { type FileData, storedBlock } from './inode.ts';

export interface LooseFiles {
	/** Writes the bytes of a file. */
	add(entry: FileEntry): Promise<FileData>;
	/** Returns the size of all. */
	finish(): Promise<number>;
}

/** @param part - the number of these files in the join. */
export async function openLooseFiles(path: string, part: number, blockBytes: number): Promise<LooseFiles> {
	const file: FileHandle = await open(path, 'w');
	let position = 0;
	return {
		async add({ path: name, sizeBytes, content }) {
			const start = position;
			for await (const chunk of content()) {
				await file.writeFile(chunk);
				position += chunk.length;
			}
			if (position - start !== sizeBytes) {
				const message = `${name} has ${position - start} bytes, not ${sizeBytes} as announced.`;
				throw new SlipwayError('BAD_IMAGE', message);
			}
			const blockSizes = Buffer.alloc(4 * Math.ceil(sizeBytes / blockBytes));
			for (let at = 0, left = sizeBytes; left > 0; at += 4, left -= blockBytes)
				blockSizes.writeUInt32LE(storedBlock + Math.min(left, blockBytes), at);
			const place = { part, start, fragment: null, fragmentOffset: 0, blockSizes };
			return { ...place, sizeBytes, sparseBytes: 0, digest: null };
		},
		async finish() {
			await file.close();
			return position;
		},
	};
}
