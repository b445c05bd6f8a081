// Reads /proc/self/mountinfo (proc_pid_mountinfo(5)). It lists only the mounts that the caller's root can reach.

import { readFileSync } from 'node:fs';

export interface MountEntry {
	readonly id: number;
	readonly parentId: number;
	/** `MAJOR:MINOR` of the device; for btrfs a number without a device. */
	readonly deviceNumbers: string;
	/** The folder within the file system that is mounted; `/` but for bind mounts. */
	readonly root: string;
	readonly mountPoint: string;
	/** Reports whether the mount belongs to a peer group, so that mounts below it show elsewhere. */
	readonly isShared: boolean;
	readonly type: string;
	readonly source: string;
}

/** Returns the mounts of this mount namespace. */
export function readMountInfo(): MountEntry[] {
	return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Returns the mounts in the kernel's order: a mount stands after the one that it is mounted on. */
export function parseMountInfo(text: string): MountEntry[] {
	const entries: MountEntry[] = [];
	for (const line of text.split('\n')) {
		const [before, after] = line.split(' - ');
		if (before === undefined || after === undefined) continue;
		const [id = '', parentId = '', deviceNumbers = '', root = '', mountPoint = '', , ...tags] =
			before.split(' ');
		const [type = '', source = ''] = after.split(' ');
		entries.push({
			id: Number(id),
			parentId: Number(parentId),
			deviceNumbers,
			root: unescapeOctal(root),
			mountPoint: unescapeOctal(mountPoint),
			isShared: tags.some((tag) => tag.startsWith('shared:')),
			type,
			source: unescapeOctal(source),
		});
	}
	return entries;
}

export function isMountPoint(entries: readonly MountEntry[], path: string): boolean {
	return entries.some((entry) => entry.mountPoint === path);
}

/** Returns the mount that a lookup of `/` finds. */
export function rootMountId(entries: readonly MountEntry[]): number | null {
	return entries.findLast((entry) => entry.mountPoint === '/')?.id ?? null;
}

/** Decodes blank, tab, newline and backslash, which the kernel writes as `\040` and so on, byte by byte. */
export function unescapeOctal(text: string): string {
	if (!text.includes('\\')) return text;
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 8)),
	);
}
