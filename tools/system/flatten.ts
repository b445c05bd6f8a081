// Merges the layers of an image into one tree (image-spec v1.1, `layer.md`) without holding a layer in memory: a first pass
// over the headers decides which member of which layer each path finally means, a second pass emits those.

import { setImmediate } from 'node:timers/promises';
import type { TarHeader } from '../../supervisor/image/tar-header.ts';
import { tarMembers } from '../../supervisor/image/tar-members.ts';
import type { Entry } from '../archive/entry.ts';
import { entryOf, hardLinkOf } from '../archive/tar-entry.ts';
import { type Node, newTree, place } from './layer-tree.ts';

/** A layer's tar, which is opened once for each pass. */
interface Layer {
	/** Names image and layer in errors. */
	readonly what: string;
	open(pass: 1 | 2): AsyncIterable<Uint8Array>;
}

export async function* flattenLayers(layers: readonly Layer[]): AsyncGenerator<Entry, void> {
	const tree = newTree();
	for (const [layer, { what, open }] of layers.entries()) {
		let ordinal = 0;
		for await (const { header } of tarMembers(open(1), what))
			place(tree, header, { layer, ordinal: ordinal++ }, what);
	}
	const { folders, files } = await survivors(tree.root);
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

interface Survivors {
	/** Each directory precedes its contents. */
	readonly folders: Entry[];
	/** The names of each file in the order of the tree, by layer and ordinal. */
	readonly files: Map<number, Map<number, string[]>>;
}

/** Lets signals through between two slices of work. */
async function survivors(root: Node): Promise<Survivors> {
	const folders: Entry[] = [];
	const files = new Map<number, Map<number, string[]>>();
	const addName = ({ source }: Node, path: string): void => {
		if (source === null) return;
		const layer = files.get(source.layer) ?? new Map<number, string[]>();
		files.set(source.layer, layer);
		const names = layer.get(source.ordinal);
		if (names === undefined) layer.set(source.ordinal, [path]);
		else names.push(path);
	};
	let visited = 0;
	const visit = async (children: ReadonlyMap<string, Node>, prefix: string): Promise<void> => {
		for (const name of [...children.keys()].sort()) {
			// A directory of aufs, `.wh..wh.plnk`: its files are there only as targets of hard links.
			if (name.startsWith('.wh.')) continue;
			visited += 1;
			if (visited % nodesInSlice === 0) await setImmediate();
			const child = children.get(name);
			const path = `${prefix}${name}`;
			if (child === undefined) continue;
			if (child.children === null) addName(child, path);
			else {
				folders.push(folderEntry(child, path));
				await visit(child.children, `${path}/`);
			}
		}
	};
	await visit(root.children ?? new Map(), '');
	return { folders, files };
}

const nodesInSlice = 20_000;

function folderEntry(node: Node, path: string): Entry {
	const header = node.member?.directory ?? null;
	if (header === null) return { kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
	return entryOf(path, header, noContent);
}

async function* noContent(): AsyncGenerator<Uint8Array, void> {}
