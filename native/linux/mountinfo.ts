// /proc/self/mountinfo, parsed: proc_pid_mountinfo(5). Only mounts that our root can reach are listed there.

export interface MountEntry {
	readonly id: number;
	readonly parentId: number;
	/** The folder within the file system that is mounted; `/` but for bind mounts. */
	readonly root: string;
	readonly mountPoint: string;
	readonly type: string;
	readonly source: string;
}

/** In the kernel's order: a mount stands after the one that it is mounted on. */
export function parseMountInfo(text: string): MountEntry[] {
	const entries: MountEntry[] = [];
	for (const line of text.split('\n')) {
		const [before, after] = line.split(' - ');
		if (before === undefined || after === undefined) continue;
		const [id = '', parentId = '', , root = '', mountPoint = ''] = before.split(' ');
		const [type = '', source = ''] = after.split(' ');
		entries.push({
			id: Number(id),
			parentId: Number(parentId),
			root: unescapeOctal(root),
			mountPoint: unescapeOctal(mountPoint),
			type,
			source: unescapeOctal(source),
		});
	}
	return entries;
}

export function isMountPoint(entries: readonly MountEntry[], path: string): boolean {
	return entries.some((entry) => entry.mountPoint === path);
}

/** The mount that a lookup of `/` finds. */
export function rootMountId(entries: readonly MountEntry[]): number | null {
	return entries.findLast((entry) => entry.mountPoint === '/')?.id ?? null;
}

/** Blank, tab, newline and backslash are written as `\040` and so on, byte by byte. */
export function unescapeOctal(text: string): string {
	if (!text.includes('\\')) return text;
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 8)),
	);
}
