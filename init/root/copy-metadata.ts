// Copies the owner, mode and extended attributes of one file, in the only order that keeps all of them: chown(2) clears
// the set-user-id bits and file capabilities, so the mode comes after it and the attributes last.

import { chmodSync, lchownSync, type Stats } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';

export interface MetadataTarget {
	readonly native: Pick<Native, 'llistxattr' | 'lgetxattr' | 'lsetxattr'>;
	/** Becomes false when the file system (a ramfs) turns out to have none, which saves a call for each file. */
	hasAttributes: boolean;
}

/** @param mayDiffer - true when the destination may have existed before, with another owner or mode */
export function copyAttributes(
	target: MetadataTarget,
	from: string,
	to: string,
	stats: Stats,
	mayDiffer: boolean,
): void {
	const isLink = stats.isSymbolicLink();
	const isRoots = stats.uid === 0 && stats.gid === 0;
	if (!isRoots || mayDiffer) lchownSync(to, stats.uid, stats.gid);
	const hasSpecialBits = (stats.mode & 0o7000) !== 0;
	if (!isLink && (!isRoots || hasSpecialBits || mayDiffer)) chmodSync(to, stats.mode & 0o7777);
	if (target.hasAttributes) copyExtendedAttributes(target, from, to);
}

function copyExtendedAttributes(target: MetadataTarget, from: string, to: string): void {
	const { native } = target;
	let names: string[];
	try {
		names = native.llistxattr(from);
	} catch (error) {
		if (!hasCode(error, 'EOPNOTSUPP')) throw error;
		target.hasAttributes = false;
		return;
	}
	for (const name of names) native.lsetxattr(to, name, native.lgetxattr(from, name));
}
