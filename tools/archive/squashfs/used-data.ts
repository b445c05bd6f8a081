// Leaves out of a join what the image need not have: the bytes of files that are equal to others, also in other parts, and those of
// files that another has replaced.

import type { ByteRange } from '../../files/joined.ts';
import { type DirectoryInode, type FileData, type FileInode, storedBlock } from './inode.ts';
import type { JoinedPart } from './join.ts';

const fragmentBytes = 16;

/** Gives files with the same digest the data of the first of them: that in the part with the lowest number. */
export function shareEqualFiles(root: DirectoryInode): void {
	const first = new Map<string, FileData>();
	const keyOf = ({ digest, sizeBytes }: FileData): string | null =>
		digest === null || sizeBytes === 0 ? null : digest.toString('latin1');
	for (const { data } of filesOf(root)) {
		const key = keyOf(data);
		const known = key === null ? undefined : first.get(key);
		if (key !== null && (known === undefined || data.part < known.part)) first.set(key, data);
	}
	for (const file of filesOf(root)) file.data = first.get(keyOf(file.data) ?? '') ?? file.data;
}

/** Returns what the files of the tree need of each part. @param fragments - the records of all fragments, by part */
export function usedData(root: DirectoryInode, fragments: readonly Buffer[]): JoinedPart[] {
	const ranges: ByteRange[][] = fragments.map(() => []);
	const isUsed = fragments.map(() => new Set<number>());
	for (const { data } of filesOf(root)) {
		const { part, start, fragment } = data;
		ranges[part]?.push({ start, end: start + storedBytes(data) });
		const records = fragments[part];
		if (fragment === null || records === undefined || isUsed[part]?.has(fragment) !== false) continue;
		isUsed[part].add(fragment);
		const at = fragment * fragmentBytes;
		const position = Number(records.readBigUInt64LE(at));
		ranges[part]?.push({ start: position, end: position + (records.readUInt32LE(at + 8) % storedBlock) });
	}
	return fragments.map((records, part) => ({ ranges: merged(ranges[part] ?? []), fragments: records }));
}

function storedBytes({ blockSizes }: FileData): number {
	let sum = 0;
	for (let at = 0; at < blockSizes.length; at += 4) sum += blockSizes.readUInt32LE(at) % storedBlock;
	return sum;
}

/** Returns the ranges in their order, without empty ones; those that touch or overlap become one. */
function merged(ranges: readonly ByteRange[]): ByteRange[] {
	const result: ByteRange[] = [];
	const filled = ranges.filter(({ start, end }) => end > start);
	for (const range of filled.toSorted((a, b) => a.start - b.start)) {
		const last = result.at(-1);
		if (last === undefined || range.start > last.end) result.push(range);
		else result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
	}
	return result;
}

function* filesOf(root: DirectoryInode): Generator<FileInode, void> {
	const pending = [root];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop())
		for (const inode of directory.children.values()) {
			if (inode.kind === 'directory') pending.push(inode);
			else if (inode.kind === 'file') yield inode;
		}
}
