// A tree of inodes in memory, into which parts and single entries are placed. A later one of the same path replaces an earlier one,
// as when the kernel unpacks archives one after the other (init/initramfs.c), but never in place: other names of a replaced file
// keep its bytes.

import { nameToBytes, pathMax } from '../../../supervisor/image/name-bytes.ts';
import { SlipwayError } from '../../errors.ts';
import type { Entry } from '../entry.ts';
import type { DirectoryInode, FileData, Inode } from './inode.ts';

/** As the kernel, path_resolution(7). */
const maxLinks = 40;

export function newDirectory(attributes: {
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
}): DirectoryInode {
	const { mode, uid, gid, mtimeSeconds } = attributes;
	return { kind: 'directory', mode, uid, gid, mtimeSeconds, xattrs: null, children: new Map() };
}

/** Places the contents of a part's root; the root's own attributes stay those of `target`. The part's inodes are used, not copied. */
export function mergeTree(target: DirectoryInode, part: DirectoryInode): void {
	const pending: [DirectoryInode, DirectoryInode][] = [[target, part]];
	for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
		const [into, from] = pair;
		for (const [name, child] of from.children) {
			const placed = placeChild(into, name, child);
			if (placed !== null && child.kind === 'directory' && placed !== child) pending.push([placed, child]);
		}
	}
}

/** Returns the directory that now has the name, and null for another kind. Its contents are those from before, if there were any. */
function placeChild(into: DirectoryInode, name: string, child: Inode): DirectoryInode | null {
	const before = into.children.get(name);
	if (child.kind !== 'directory') {
		// The kernel can't remove a directory with contents either.
		if (before?.kind !== 'directory' || before.children.size === 0) into.children.set(name, child);
		return null;
	}
	const placed = before?.kind === 'directory' ? { ...child, children: before.children } : child;
	into.children.set(name, placed);
	return placed;
}

/**
 * Places one entry. Symbolic links on the way to it are followed inside the tree; directories that are missing are made.
 *
 * @param data - returns the place of a file's bytes
 * @returns the inode at the path
 */
export async function placeEntry(
	root: DirectoryInode,
	entry: Exclude<Entry, { readonly kind: 'hardlink' }>,
	data: (entry: Extract<Entry, { readonly kind: 'file' }>) => Promise<FileData>,
): Promise<Inode> {
	const { parent, name } = parentOf(root, entry.path);
	const before = parent.children.get(name);
	if (entry.kind === 'directory' && entry.ifAbsent === true && before !== undefined) return before;
	const { mode, uid, gid, mtimeSeconds } = entry;
	const common = { mode, uid, gid, mtimeSeconds, xattrs: entry.xattrs ?? null };
	const inode = async (): Promise<Inode> => {
		switch (entry.kind) {
			case 'file':
				return { ...common, kind: 'file', data: await data(entry) };
			case 'directory':
				return { ...common, kind: 'directory', children: new Map() };
			case 'symlink':
				return { ...common, kind: 'symlink', target: nameToBytes(entry.target) };
			case 'fifo':
				return { ...common, kind: 'fifo' };
			default:
				return { ...common, kind: entry.kind, device: deviceNumber(entry.major, entry.minor) };
		}
	};
	const made = await inode();
	placeChild(parent, name, made);
	for (const link of entry.kind === 'file' ? (entry.links ?? []) : []) {
		const other = parentOf(root, link.path);
		placeChild(other.parent, other.name, made);
	}
	return made;
}

/** include/linux/kdev_t.h, `new_encode_dev`. */
function deviceNumber(major: number, minor: number): number {
	return ((minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** Returns the inode of a path; null when there is none. Symbolic links are followed, the last one too. */
export function findInode(root: DirectoryInode, path: string): Inode | null {
	const trail = walk(root, path, () => null);
	return trail?.at(-1) ?? null;
}

/** Does nothing when the path is not there. Other names of a file stay. */
export function removeFile(root: DirectoryInode, path: string): void {
	const slash = path.lastIndexOf('/');
	const parent = findInode(root, path.slice(0, Math.max(slash, 0)));
	if (parent?.kind === 'directory') parent.children.delete(path.slice(slash + 1));
}

function parentOf(
	root: DirectoryInode,
	path: string,
): { readonly parent: DirectoryInode; readonly name: string } {
	const slash = path.lastIndexOf('/');
	const name = path.slice(slash + 1);
	const trail = walk(root, path.slice(0, Math.max(slash, 0)), (parent, missing) => {
		const made = newDirectory({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: parent.mtimeSeconds });
		parent.children.set(missing, made);
		return made;
	});
	const parent = trail?.at(-1) ?? root;
	if (parent.kind === 'directory') return { parent, name };
	throw new SlipwayError('BAD_CONFIG', `/${path} can't be placed: what is above it is no directory.`);
}

/** Returns the inodes on the way, without those of links. @param missing - returns what is to be there; null ends the walk */
function walk(
	root: DirectoryInode,
	path: string,
	missing: (parent: DirectoryInode, name: string) => Inode | null,
): Inode[] | null {
	const trail: Inode[] = [root];
	const todo = path.split('/').reverse();
	let links = 0;
	for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
		if (part === '' || part === '.') continue;
		if (part === '..') {
			if (trail.length > 1) trail.pop();
			continue;
		}
		const here = trail.at(-1);
		if (here?.kind !== 'directory') return null;
		const next = here.children.get(part) ?? missing(here, part);
		if (next === null) return null;
		if (next.kind !== 'symlink') {
			trail.push(next);
			continue;
		}
		const target = next.target.toString();
		if (++links > maxLinks || target.length > pathMax)
			throw new SlipwayError('BAD_CONFIG', `/${path} can't be placed: too many links on the way.`);
		if (target.startsWith('/')) trail.length = 1;
		todo.push(...target.split('/').reverse());
	}
	return trail;
}
