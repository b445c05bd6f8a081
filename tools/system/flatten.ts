// Merges the layers of an image into one tree (image-spec v1.1, `layer.md`) without holding a layer in memory: a first pass
// over the headers decides which member of which layer each path finally means, a second pass emits those.
//
// A path is resolved inside the tree while it is placed: if an upper layer writes `lib/x` and `lib` is a link to `usr/lib`
// in a lower one, the file is `usr/lib/x`, as in every container runtime; a link can't lead out of the root.

import type { Entry } from '../archive/entry.ts';
import { entryOf, hardLinkOf } from '../archive/tar-entry.ts';
import type { TarHeader } from '../archive/tar-header.ts';
import { tarMembers } from '../archive/tar-members.ts';
import { splitTreePath } from '../archive/tree-path.ts';
import { SlipwayError } from '../errors.ts';

/** A layer's tar, which is opened once for each pass. */
interface Layer {
	/** Names image and layer in errors. */
	readonly what: string;
	open(pass: 1 | 2): AsyncIterable<Uint8Array>;
}

/** One member of one layer. */
interface Member {
	readonly layer: number;
	readonly ordinal: number;
	readonly header: TarHeader;
}

interface Node {
	/** Is null for an implied directory: no layer names it, but it has contents. */
	member: Member | null;
	/** The member that holds the bytes; for a hard link it differs from `member`. */
	source: Member | null;
	/** Is null unless this is a directory. */
	children: Map<string, Node> | null;
}

const maxLinks = 40; // as the kernel, path_resolution(7)

/** A path has up to 4,095 bytes, in the kernel as in an initrd. */
const maxDepth = 2048;

export async function* flattenLayers(layers: readonly Layer[]): AsyncGenerator<Entry, void> {
	const root: Node = { member: null, source: null, children: new Map() };
	for (const [layer, { what, open }] of layers.entries()) {
		let ordinal = 0;
		for await (const { header } of tarMembers(open(1), what))
			place(root, { layer, ordinal: ordinal++, header }, what);
	}
	const { folders, files } = survivors(root);
	yield* folders;
	for (const [layer, { what, open }] of layers.entries()) {
		const wanted = files.get(layer);
		if (wanted === undefined) continue;
		let ordinal = 0;
		for await (const { header, content } of tarMembers(open(2), what)) {
			const names = wanted.get(ordinal++);
			if (names === undefined) continue;
			const [first = '', ...links] = names;
			yield* withLinks(entryOf(first, header, content), links, header);
		}
	}
}

/** Only files can have hard links in an initramfs; anything else with several names is emitted several times. */
function withLinks(entry: Entry, names: readonly string[], header: TarHeader): Entry[] {
	if (names.length === 0) return [entry];
	if (entry.kind !== 'file') return [entry, ...names.map((path) => ({ ...entry, path }))];
	const links = names.map((path) => hardLinkOf(path, entry.path, header));
	return [{ ...entry, links }, ...links];
}

function place(root: Node, member: Member, what: string): void {
	const parts = splitTreePath(member.header.name, what);
	const name = parts.pop();
	if (name === undefined) {
		if (member.header.kind !== 'directory')
			throw new SlipwayError('BAD_IMAGE', `${what}: the root of its tree is a ${member.header.kind}.`);
		root.member = member;
		return;
	}
	if (name.startsWith('.wh.')) {
		// A whiteout of what is not there makes no directory.
		const hiding = folderAt(root, parts, what, false);
		if (hiding === null) return;
		if (name === '.wh..wh..opq') hideLower(hiding, member.layer);
		else whiteOut(hiding, name.slice('.wh.'.length), member, what);
		return;
	}
	const parent = folderAt(root, parts, what);
	const before = parent.children?.get(name);
	if (member.header.kind === 'directory') {
		// A directory replaces an earlier one but keeps its contents.
		parent.children?.set(name, { member, source: null, children: before?.children ?? new Map() });
		return;
	}
	let source = member;
	if (member.header.kind === 'link') {
		const target = linkTarget(root, member, what);
		source = target;
		if (before !== undefined && before.source === target) return;
	}
	parent.children?.set(name, { member, source, children: null });
}

function linkTarget(root: Node, member: Member, what: string): Member {
	const parts = splitTreePath(member.header.linkname, `${what}: the hard link ${member.header.name}`);
	const name = parts.pop() ?? '';
	const target = folderAt(root, parts, what).children?.get(name);
	if (target?.source == null) {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${what}: ${member.header.name} is a hard link to ${member.header.linkname}, which isn't there.`,
		);
	}
	return target.source;
}

/** Returns the directory that a path means and creates it if it is missing. Links are followed inside the root. */
function folderAt(root: Node, path: readonly string[], what: string): Node;
/** Returns null where a directory is missing. */
function folderAt(root: Node, path: readonly string[], what: string, creates: false): Node | null;
function folderAt(root: Node, path: readonly string[], what: string, creates = true): Node | null {
	let trail: { readonly name: string; readonly node: Node }[] = [];
	let todo = [...path];
	let links = 0;
	while (todo.length > 0) {
		const part = todo.shift() ?? '';
		const here = trail.at(-1)?.node ?? root;
		if (part === '..') {
			trail = trail.slice(0, -1);
			continue;
		}
		let next = here.children?.get(part);
		if (next?.member?.header.kind === 'symlink') {
			if (++links > maxLinks)
				throw new SlipwayError('BAD_IMAGE', `${what}: too many links in ${path.join('/')}.`);
			const target = next.member.header.linkname;
			if (target.startsWith('/')) trail = [];
			todo = [...target.split('/').filter((each) => each !== '' && each !== '.'), ...todo];
			continue;
		}
		if (next !== undefined && next.children === null)
			throw new SlipwayError(
				'BAD_IMAGE',
				`${what}: ${path.join('/')} leads through ${part}, which is a file.`,
			);
		if (next === undefined) {
			if (!creates) return null;
			next = { member: null, source: null, children: new Map() };
			here.children?.set(part, next);
		}
		trail.push({ name: part, node: next });
		if (trail.length > maxDepth)
			throw new SlipwayError('BAD_IMAGE', `${what}: a path has more than ${maxDepth} folders.`);
	}
	return trail.at(-1)?.node ?? root;
}

function whiteOut(parent: Node, name: string, member: Member, what: string): void {
	if (name === '' || name === '.' || name === '..') {
		throw new SlipwayError(
			'BAD_IMAGE',
			`${what} has the whiteout "${member.header.name}", which hides no file.`,
		);
	}
	if (name.startsWith('.wh.')) return; // aufs' own bookkeeping
	const node = parent.children?.get(name);
	if (node === undefined) return;
	if (removeLower(node, member.layer)) parent.children?.delete(name);
}

function hideLower(folder: Node, layer: number): void {
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

interface Survivors {
	/** Each directory precedes its contents. */
	readonly folders: Entry[];
	/** The names of each file in the order of the tree, by layer and ordinal. */
	readonly files: Map<number, Map<number, string[]>>;
}

function survivors(root: Node): Survivors {
	const folders: Entry[] = [];
	const files = new Map<number, Map<number, string[]>>();
	const visit = (node: Node, path: string): void => {
		if (node.children === null) {
			const source = node.source;
			if (source === null) return;
			const layer = files.get(source.layer) ?? new Map<number, string[]>();
			files.set(source.layer, layer);
			const names = layer.get(source.ordinal);
			if (names === undefined) layer.set(source.ordinal, [path]);
			else names.push(path);
			return;
		}
		if (path !== '') folders.push(folderEntry(node, path));
		for (const name of [...node.children.keys()].sort()) {
			// A directory of aufs, `.wh..wh.plnk`: its files are there only as targets of hard links.
			if (name.startsWith('.wh.')) continue;
			const child = node.children.get(name);
			if (child !== undefined) visit(child, path === '' ? name : `${path}/${name}`);
		}
	};
	visit(root, '');
	return { folders, files };
}

function folderEntry(node: Node, path: string): Entry {
	const header = node.member?.header;
	if (header === undefined) return { kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
	return entryOf(path, header, noContent);
}

async function* noContent(): AsyncGenerator<Uint8Array, void> {}
