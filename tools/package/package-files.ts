// The tree of a package while it is collected: the paths in the image and the source of each. Times are the epoch, entries
// are sorted by path, owners are root except in Debian packages: the same input gives the same image on every host.

import { createReadStream, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import type { Entry } from '../archive/entry.ts';
import { entryOf } from '../archive/tar-entry.ts';
import { SlipwayError } from '../errors.ts';
import type { DebianEntry } from './debian-tree.ts';

export interface PackageFiles {
	has(path: string): boolean;
	/** Returns the entry that a path leads to through the links of the image, or null. */
	resolve(path: string): Entry | null;
	/** Returns the absolute paths of all executable files. */
	programs(): readonly string[];
	/** Reports whether the file is one of the project's, not one of a Debian package. */
	isCopied(path: string): boolean;
	/** Adds a file of the host at a path of the image. */
	addFile(path: string, source: string, mode?: number): void;
	addText(path: string, text: string, mode: number): void;
	addLink(path: string, target: string): void;
	addFolder(path: string, mode: number): void;
	/** Adds a file, a link or a directory of the host with its contents. */
	addTree(path: string, source: string): void;
	/** Adds an entry of a Debian package with its owner, mode and attributes. */
	addPackaged(path: string, from: DebianEntry): void;
	/** Returns a live map of the files that come from the host, by their path in the image. */
	sources(): ReadonlyMap<string, string>;
	/**
	 * Yields all entries, parents first. Throws a `SlipwayError` for an entry below a file.
	 *
	 * @param withParents - also directories that nothing but their contents asks for
	 */
	entries(withParents?: boolean): AsyncIterable<Entry>;
}

const base = { uid: 0, gid: 0, mtimeSeconds: 0 };

/** @param what - names the recipe in an error */
export function createPackageFiles(what: string): PackageFiles {
	const entries = new Map<string, Entry>();
	const sources = new Map<string, string>();
	const copied = new Set<string>();
	/** Directories that are there because of what is in them. */
	const implied = new Set<string>();
	const clean = (path: string): string => splitTreePath(path, what).join('/');
	const put = (given: string, make: (path: string) => Entry): void => {
		const parts = splitTreePath(given, what);
		for (const index of parts.keys()) {
			const parent = parts.slice(0, index).join('/');
			if (parent === '' || entries.has(parent)) continue;
			entries.set(parent, { ...base, kind: 'directory', path: parent, mode: 0o755 });
			implied.add(parent);
		}
		const path = parts.join('/');
		const entry = make(path);
		sources.delete(path);
		copied.delete(path);
		implied.delete(path);
		if (path !== '') entries.set(path, entry);
		else if (entry.kind !== 'directory')
			throw new SlipwayError('BAD_RECIPE', `${what} puts a ${entry.kind} on "/". Give it a path of its own.`);
	};
	/** Tools that unpack a file below a file lose it or fail; a link as parent is followed. */
	const checkParent = (path: string): void => {
		const parent = entries.get(dirname(path));
		if (parent === undefined || parent.kind === 'directory' || parent.kind === 'symlink') return;
		throw new SlipwayError(
			'BAD_RECIPE',
			`${what} puts ${path} into ${parent.path}, which is a ${parent.kind}.`,
		);
	};
	const files: PackageFiles = {
		has: (path) => entries.has(clean(path)),
		resolve: (path) => resolveIn(entries, path),
		programs: () =>
			[...entries.values()].flatMap(({ kind, mode, path }) =>
				kind === 'file' && (mode & 0o111) !== 0 ? [`/${path}`] : [],
			),
		isCopied: (path) => copied.has(path),
		addFile(given, source, mode) {
			const info = statSync(source);
			put(given, (path) => ({
				...base,
				kind: 'file',
				path,
				sizeBytes: info.size,
				// Write bits of group and others depend on the umask of the checkout.
				mode: mode ?? (info.mode & 0o111 ? 0o755 : 0o644),
				content: () => readFileBytes(source),
			}));
			sources.set(clean(given), source);
			copied.add(clean(given));
		},
		addText(given, text, mode) {
			const bytes = Buffer.from(text);
			const content = async function* () {
				yield bytes;
			};
			put(given, (path) => ({ ...base, kind: 'file', path, mode, sizeBytes: bytes.length, content }));
		},
		addLink: (given, target) =>
			put(given, (path) => ({ ...base, kind: 'symlink', path, mode: 0o777, target })),
		addFolder: (given, mode) => put(given, (path) => ({ ...base, kind: 'directory', path, mode })),
		addTree(path, source) {
			const info = lstatSync(source);
			if (info.isSymbolicLink()) files.addLink(path, readlinkSync(source));
			else if (!info.isDirectory()) files.addFile(path, source);
			else {
				if (!files.has(path)) files.addFolder(path, 0o755);
				for (const name of readdirSync(source).sort()) files.addTree(`${path}/${name}`, join(source, name));
			}
		},
		addPackaged(given, { header, source }) {
			const content = () => readFileBytes(source ?? '');
			put(given, (path) => entryOf(path, { ...header, mtimeSeconds: 0 }, content));
			if (source !== null) sources.set(clean(given), source);
		},
		sources: () => sources,
		async *entries(withParents = true) {
			for (const path of [...entries.keys()].sort()) {
				if (!withParents && implied.has(path)) continue;
				checkParent(path);
				const entry = entries.get(path);
				if (entry !== undefined) yield entry;
			}
		},
	};
	return files;
}

/** As many links as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

function resolveIn(entries: ReadonlyMap<string, Entry>, path: string): Entry | null {
	let todo = path.split('/');
	let done: string[] = [];
	for (let links = 0; links <= maxLinks; ) {
		const [part, ...rest] = todo;
		if (part === undefined) return entries.get(done.join('/')) ?? null;
		todo = rest;
		if (part === '..') done.pop();
		if (part === '' || part === '.' || part === '..') continue;
		const entry = entries.get([...done, part].join('/'));
		if (entry?.kind !== 'symlink') {
			done.push(part);
			continue;
		}
		links++;
		if (entry.target.startsWith('/')) done = [];
		todo = [...entry.target.split('/'), ...todo];
	}
	return null;
}

function readFileBytes(source: string): AsyncIterable<Uint8Array> {
	return createReadStream(source, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}
