// The tree that the layers of an image make, without the contents of files: places members and applies whiteouts
// (image-spec v1.1, `layer.md`). Work is linear in the layers, and memory is limited.
//
// A path is resolved inside the tree while it is placed: if an upper layer writes `lib/x` and `lib` is a link to `usr/lib`
// in a lower one, the file is `usr/lib/x`, as in every container runtime; a link can't lead out of the root.

import { pathMax } from '../../supervisor/image/name-bytes.ts';
import type { TarHeader, TarKind } from '../../supervisor/image/tar-header.ts';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import { SlipwayError } from '../errors.ts';
import { formatSize } from '../terminal/format-size.ts';

/** The facts that the first pass keeps of one member of one layer. */
interface Member {
	readonly layer: number;
	readonly ordinal: number;
	readonly kind: TarKind;
	/** The target of a symbolic link; empty for other kinds. */
	readonly target: string;
	/** Is null unless this is a directory: the second pass reads all other headers again. */
	readonly directory: TarHeader | null;
}

export interface Node {
	/** Is null for an implied directory: no layer names it, but it has contents. */
	member: Member | null;
	/** The member that holds the bytes; for a hard link it differs from `member`. */
	source: Member | null;
	/** Is null unless this is a directory. */
	children: Map<string, Node> | null;
	readonly pathLength: number;
	/** The last layer of which it is known that nothing of lower layers is in this directory. */
	clearedBy: number;
}

/** The tree of an image, and what its layers have brought into memory so far. */
interface Tree {
	readonly root: Node;
	keptBytes: number;
}

const maxLinks = 40; // as the kernel, path_resolution(7)

/** A path has up to 4,095 bytes, in the kernel as in an initrd. */
const maxDepth = 2048;

/**
 * Limits the memory for an image's tree, in which each path counts by its length and `nodeBytes`, replaced ones included:
 * about 1.3 million files, or 130,000 with paths of 4,096 bytes. A million small files take 356 MB (measured).
 */
const maxKeptBytes = 600_000_000;
const nodeBytes = 350;

export function newTree(): Tree {
	return { root: newFolder(null, 0, -1), keptBytes: 0 };
}

/**
 * Places one member, or hides what a whiteout names. Layers come in their order, the lowest first.
 *
 * @param what - names image and layer in errors
 */
export function place(
	tree: Tree,
	header: TarHeader,
	at: Pick<Member, 'layer' | 'ordinal'>,
	what: string,
): void {
	const { kind } = header;
	const parts = splitTreePath(header.name, what);
	const name = parts.pop();
	if (name === undefined) {
		if (kind !== 'directory')
			throw new SlipwayError('BAD_IMAGE', `${what}: the root of its tree is a ${kind}.`);
		tree.root.member = keep(tree, header, at, what);
		return;
	}
	const { layer } = at;
	if (name.startsWith('.wh.')) {
		// A whiteout of what is not there makes no directory.
		const hiding = existingFolder(tree, parts, what);
		if (hiding === null) return;
		if (name === '.wh..wh..opq') hideLower(hiding, layer);
		else whiteOut(hiding, name.slice('.wh.'.length), header.name, layer, what);
		return;
	}
	const parent = folderAt(tree, parts, layer, what);
	const before = parent.children?.get(name);
	const pathLength = parent.pathLength + 1 + name.length;
	// The text of the member's whole name stays in memory with its last part.
	if (before === undefined) count(tree, nodeBytes + Math.max(pathLength, header.name.length), what);
	const member = keep(tree, header, at, what);
	if (kind === 'directory') {
		// A directory replaces an earlier one but keeps its contents.
		if (before?.children == null) parent.children?.set(name, newFolder(member, pathLength, layer));
		else before.member = member;
		return;
	}
	let source = member;
	if (kind === 'link') {
		source = linkTarget(tree, header, layer, what);
		if (before !== undefined && before.source === source) return;
	}
	parent.children?.set(name, { member, source, children: null, pathLength, clearedBy: layer });
}

function newFolder(member: Member | null, pathLength: number, layer: number): Node {
	return { member, source: null, children: new Map(), pathLength, clearedBy: layer };
}

function keep(tree: Tree, header: TarHeader, at: Pick<Member, 'layer' | 'ordinal'>, what: string): Member {
	const { kind } = header;
	const target = kind === 'symlink' ? header.linkname : '';
	count(tree, target.length, what);
	if (kind !== 'directory') return { ...at, kind, target, directory: null };
	for (const [name, value] of header.xattrs) count(tree, nodeBytes + name.length + value.length, what);
	return { ...at, kind, target, directory: { ...header, name: '', linkname: '' } };
}

function count(tree: Tree, bytes: number, what: string): void {
	tree.keptBytes += bytes;
	if (tree.keptBytes <= maxKeptBytes) return;
	throw new SlipwayError(
		'BAD_IMAGE',
		`${what} and those below it have too many files: their names take more than ${formatSize(maxKeptBytes)} of memory.`,
	);
}

function linkTarget(tree: Tree, { name, linkname }: TarHeader, layer: number, what: string): Member {
	const parts = splitTreePath(linkname, `${what}: the hard link ${name}`);
	const last = parts.pop() ?? '';
	const target = folderAt(tree, parts, layer, what).children?.get(last);
	if (target?.source == null) {
		throw new SlipwayError('BAD_IMAGE', `${what}: ${name} is a hard link to ${linkname}, which isn't there.`);
	}
	return target.source;
}

/** Returns the directory that a path means and creates it if it is missing. Links are followed inside the root. */
function folderAt(tree: Tree, path: readonly string[], layer: number, what: string): Node {
	return walk<never>(tree.root, path, what, (parent, name) => {
		const pathLength = parent.pathLength + 1 + name.length;
		count(tree, nodeBytes + pathLength, what);
		return newFolder(null, pathLength, layer);
	});
}

/** Returns null where a directory is missing. */
function existingFolder(tree: Tree, path: readonly string[], what: string): Node | null {
	return walk<null>(tree.root, path, what, () => null);
}

/** @param missing - returns a directory to be added, or null to end the walk */
function walk<None extends null>(
	root: Node,
	path: readonly string[],
	what: string,
	missing: (parent: Node, name: string) => Node | None,
): Node | None {
	const trail: Node[] = [];
	const todo = path.toReversed();
	let links = 0;
	let linkBytes = 0;
	for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
		if (part === '..') {
			trail.pop();
			continue;
		}
		const here = trail.at(-1) ?? root;
		let next = here.children?.get(part);
		if (next?.member?.kind === 'symlink') {
			const { target } = next.member;
			linkBytes += target.length;
			if (++links > maxLinks || linkBytes > pathMax)
				throw new SlipwayError('BAD_IMAGE', `${what}: too many links in ${path.join('/')}.`);
			if (target.startsWith('/')) trail.length = 0;
			for (const each of target.split('/').reverse()) if (each !== '' && each !== '.') todo.push(each);
			continue;
		}
		if (next !== undefined && next.children === null)
			throw new SlipwayError(
				'BAD_IMAGE',
				`${what}: ${path.join('/')} leads through ${part}, which is a file.`,
			);
		if (next === undefined) {
			const made = missing(here, part);
			if (made === null) return made;
			here.children?.set(part, made);
			next = made;
		}
		trail.push(next);
		if (trail.length > maxDepth)
			throw new SlipwayError('BAD_IMAGE', `${what}: a path has more than ${maxDepth} folders.`);
	}
	return trail.at(-1) ?? root;
}

function whiteOut(parent: Node, name: string, path: string, layer: number, what: string): void {
	if (name === '' || name === '.' || name === '..') {
		throw new SlipwayError('BAD_IMAGE', `${what} has the whiteout "${path}", which hides no file.`);
	}
	if (name.startsWith('.wh.')) return; // aufs' own bookkeeping
	const node = parent.children?.get(name);
	if (node === undefined) return;
	if (removeLower(node, layer)) parent.children?.delete(name);
}

/** Visits each directory once for each layer: what a layer adds later is its own. */
function hideLower(folder: Node, layer: number): void {
	if (folder.clearedBy >= layer) return;
	folder.clearedBy = layer;
	for (const [name, node] of folder.children ?? []) {
		if (removeLower(node, layer)) folder.children?.delete(name);
	}
}

/** Removes all that lower layers have (a whiteout never hides its own layer). Reports whether nothing is left. */
function removeLower(node: Node, layer: number): boolean {
	if (node.children !== null) hideLower(node, layer);
	const own = node.member !== null && node.member.layer >= layer;
	// A lower directory with contents of this layer stays as an implied one.
	if (!own) node.member = null;
	return !own && (node.children === null || node.children.size === 0);
}
