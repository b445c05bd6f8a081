// The tree of a package while it is put together: paths in the image, each with where it comes from. Times are the
// epoch, the order that of the paths, owners root unless a Debian package says otherwise: the same input gives the
// same image, whoever builds it.

import { createReadStream, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from '../archive/entry.ts';
import { entryOf } from '../archive/tar-entry.ts';
import { splitTreePath } from '../archive/tree-path.ts';
import { SlipwayError } from '../errors.ts';
import type { DebianEntry } from './debian-tree.ts';

export interface PackageFiles {
	has(path: string): boolean;
	/** A file of the host at a path of the image. */
	addFile(path: string, source: string, mode?: number): void;
	addText(path: string, text: string, mode: number): void;
	addLink(path: string, target: string): void;
	addFolder(path: string, mode: number): void;
	/** A file, a link or a folder of the host with all that is in it. */
	addTree(path: string, source: string): void;
	/** What a Debian package has, with its owner, mode and attributes. */
	addPackaged(path: string, from: DebianEntry): void;
	/** The files so far that come from the host, by their path in the image; grows with what is added. */
	sources(): ReadonlyMap<string, string>;
	/** All entries, parents first. */
	entries(): AsyncIterable<Entry>;
}

const base = { uid: 0, gid: 0, mtimeSeconds: 0 };

/** @param what - names the recipe in an error */
export function createPackageFiles(what: string): PackageFiles {
	const entries = new Map<string, Entry>();
	const sources = new Map<string, string>();
	const clean = (path: string): string => splitTreePath(path, what).join('/');
	const put = (given: string, make: (path: string) => Entry): void => {
		const parts = splitTreePath(given, what);
		for (const index of parts.keys()) {
			const parent = parts.slice(0, index).join('/');
			if (parent !== '' && !entries.has(parent))
				entries.set(parent, { ...base, kind: 'directory', path: parent, mode: 0o755 });
		}
		const path = parts.join('/');
		const entry = make(path);
		sources.delete(path);
		if (path !== '') entries.set(path, entry);
		else if (entry.kind !== 'directory')
			throw new SlipwayError('BAD_PLACE', `${what} puts a ${entry.kind} on "/". Give it a path of its own.`);
	};
	/** Whoever unpacks such a layer loses the file or fails; a link on the way is followed. */
	const checkParent = (path: string): void => {
		const parent = entries.get(dirname(path));
		if (parent === undefined || parent.kind === 'directory' || parent.kind === 'symlink') return;
		throw new SlipwayError(
			'BAD_PLACE',
			`${what} puts ${path} into ${parent.path}, which is a ${parent.kind}.`,
		);
	};
	const files: PackageFiles = {
		has: (path) => entries.has(clean(path)),
		addFile(given, source, mode) {
			const info = statSync(source);
			put(given, (path) => ({
				...{ ...base, kind: 'file', path, sizeBytes: info.size },
				// Write bits for others than the owner depend on the umask of whoever checked the project out.
				mode: mode ?? (info.mode & 0o111 ? 0o755 : 0o644),
				content: () => readFileBytes(source),
			}));
			sources.set(clean(given), source);
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
		async *entries() {
			for (const path of [...entries.keys()].sort()) {
				checkParent(path);
				const entry = entries.get(path);
				if (entry !== undefined) yield entry;
			}
		},
	};
	return files;
}

function readFileBytes(source: string): AsyncIterable<Uint8Array> {
	return createReadStream(source, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}
