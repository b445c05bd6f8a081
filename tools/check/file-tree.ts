// A file tree in which paths are looked up as the kernel does (path_resolution(7)), without the files themselves. Where something
// is mounted at run time, nothing is known.

import type { ImageFacts } from './image-facts.ts';

export type Node =
	| { readonly kind: 'directory' }
	| { readonly kind: 'link'; readonly target: string }
	| { readonly kind: 'file' }
	| ({ readonly kind: 'program' } & { readonly program: ImageFacts['programs'][string] });

export type Found =
	| { readonly is: 'found'; readonly path: string; readonly node: Node }
	/** The path leads below a mount, so only the running system knows. `mount` is the mount's destination. */
	| { readonly is: 'mounted'; readonly mount: string }
	| { readonly is: 'missing'; readonly path: string };

export interface FileTree {
	/** @param path - absolute; links are followed, and do not lead out of the tree */
	find(path: string): Found;
	/** Yields the paths of all programs, with a slash at their start. */
	programPaths(): Iterable<string>;
	/** Returns the contents of a small file that was noted; an empty text when there is none. */
	text(path: string): string;
	readonly textPaths: readonly string[];
	has(path: string): boolean;
}

const maxLinks = 40;

/**
 * Returns the tree of several images, of which a later one replaces files of an earlier one.
 *
 * @param made - further directories and files, such as those of `files:`, by their absolute path
 * @param mounts - where something is mounted, absolute paths
 */
export function fileTree(
	images: readonly ImageFacts[],
	made: ReadonlyMap<string, Node> = new Map(),
	mounts: readonly string[] = [],
): FileTree {
	const nodes = new Map<string, Node>([['/', { kind: 'directory' }]]);
	const texts = new Map<string, string>();
	for (const facts of images) {
		for (const path of facts.directories) addNode(nodes, `/${path}`, { kind: 'directory' });
		for (const path of facts.files) addNode(nodes, `/${path}`, { kind: 'file' });
		for (const [path, program] of Object.entries(facts.programs))
			addNode(nodes, `/${path}`, { kind: 'program', program });
		for (const [path, target] of Object.entries(facts.links))
			addNode(nodes, `/${path}`, { kind: 'link', target });
		for (const [path, text] of Object.entries(facts.texts)) texts.set(`/${path}`, text);
	}
	for (const [path, node] of made) addNode(nodes, path, node);
	const mounted = new Set<string>();
	const tree: FileTree = {
		find: (path) => find(nodes, mounted, path),
		*programPaths() {
			for (const [path, { kind }] of nodes) if (kind === 'program') yield path;
		},
		text: (path) => texts.get(path) ?? '',
		textPaths: [...texts.keys()],
		has: (path) => nodes.has(path),
	};
	for (const mount of mounts) {
		const place = find(nodes, new Set(), mount);
		mounted.add(place.is === 'mounted' ? mount : place.path);
	}
	return tree;
}

/** Adds a node and the directories above it that nothing names. */
function addNode(nodes: Map<string, Node>, path: string, node: Node): void {
	nodes.set(path, node);
	for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
		const parent = path.slice(0, end);
		if (nodes.has(parent)) return;
		nodes.set(parent, { kind: 'directory' });
	}
}

function find(nodes: ReadonlyMap<string, Node>, mounted: ReadonlySet<string>, path: string): Found {
	const todo = partsOf(path).reverse();
	let here = '';
	let links = 0;
	for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
		if (part === '..') {
			here = here.slice(0, Math.max(0, here.lastIndexOf('/')));
			continue;
		}
		const next = `${here}/${part}`;
		if (mounted.has(next)) return { is: 'mounted', mount: next };
		const node = nodes.get(next);
		if (node?.kind === 'link' && ++links <= maxLinks) {
			if (node.target.startsWith('/')) here = '';
			todo.push(...partsOf(node.target).reverse());
			continue;
		}
		const isEnd = node !== undefined && node.kind !== 'link' && todo.length === 0;
		if (node?.kind !== 'directory' && !isEnd) return notThere(mounted, next, todo.reverse());
		here = next;
	}
	const reached = here === '' ? '/' : here;
	return { is: 'found', path: reached, node: nodes.get(reached) ?? { kind: 'directory' } };
}

/** A mount may stand where the tree itself has no directory. */
function notThere(mounted: ReadonlySet<string>, first: string, rest: readonly string[]): Found {
	let path = first;
	for (const part of rest) {
		path += `/${part}`;
		if (mounted.has(path)) return { is: 'mounted', mount: path };
	}
	return { is: 'missing', path };
}

/** Returns the names in a path. */
export function partsOf(path: string): string[] {
	return path.split('/').filter((part) => part !== '' && part !== '.');
}
