// Turns the `files:` section into entries. Unlike LinuxKit's, an implied parent directory has the mode 0755 and never
// changes an existing one (LinuxKit gives it the file's mode: `/etc` becomes 0700).

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { splitTreePath } from '../../supervisor/image/tree-path.ts';
import type { DirectoryEntry, Entry } from '../archive/entry.ts';
import { configText } from '../config/config-text.ts';
import { resolveId } from '../config/container-ids.ts';
import { formatPosition } from '../config/position.ts';
import type { FileConfig, SystemConfig } from '../config/system-config.ts';
import { SlipwayError } from '../errors.ts';
import { sourcePath } from '../files/home-folder.ts';
import { folder, linuxkitTimeSeconds } from './place-image.ts';

interface FilesContext {
	readonly ids: ReadonlyMap<string, number>;
	/** The source of `metadata` files. */
	readonly config: SystemConfig;
}

/** Throws a `SlipwayError` with file, line and column when a source can't be read. */
export async function* fileEntries(
	files: readonly FileConfig[],
	context: FilesContext,
): AsyncGenerator<Entry, void> {
	const made = new Set<string>();
	const plain = new Set<string>();
	for (const file of files) {
		const parts = splitTreePath(file.path, formatPosition(file.at));
		const entry = await entryOf(file, parts.join('/'), context);
		if (entry === null) continue;
		for (const parent of parentsOf(parts)) {
			if (plain.has(parent))
				throw problem(file, `"${parent}" above it is a file of this section, not a folder`);
			if (made.has(parent)) continue;
			made.add(parent);
			yield parentFolder(parent);
		}
		if (entry.kind === 'directory') made.add(entry.path);
		if (entry.kind === 'file') plain.add(entry.path);
		else plain.delete(entry.path);
		yield entry;
	}
}

async function entryOf(file: FileConfig, path: string, { ids, config }: FilesContext): Promise<Entry | null> {
	const base = {
		path,
		mode: modeOf(file),
		uid: resolveId(file.uid, ids),
		gid: resolveId(file.gid, ids),
		mtimeSeconds: linuxkitTimeSeconds,
	};
	if (file.directory === true) return { ...base, kind: 'directory' };
	// The schema's checks allow only one of these; an empty text counts as absent.
	if (isGiven(file.symlink)) return { ...base, kind: 'symlink', target: file.symlink };
	if (isGiven(file.source)) return await fromSource(file, file.source, base);
	return bytesEntry(base, Buffer.from(textOf(file, config)));
}

function bytesEntry(base: Omit<DirectoryEntry, 'kind'>, bytes: Buffer): Entry {
	return {
		...base,
		kind: 'file',
		sizeBytes: bytes.length,
		content: async function* () {
			yield bytes;
		},
	};
}

function isGiven(text: string | undefined): text is string {
	return text !== undefined && text !== '';
}

/** Drops the bits above 07777: they hold the kind of file, which the entry has. */
function modeOf(file: FileConfig): number {
	if (isGiven(file.mode)) return Number.parseInt(file.mode, 8) & 0o7777;
	return file.directory === true ? 0o700 : 0o600;
}

function textOf(file: FileConfig, config: SystemConfig): string {
	if (!isGiven(file.metadata)) return file.contents ?? '';
	return configText(config, file.metadata === 'json' ? 'json' : 'yaml');
}

/** Resolves a relative source from the working directory and `~` as the home, as LinuxKit does. */
async function fromSource(
	file: FileConfig,
	source: string,
	base: Omit<DirectoryEntry, 'kind'>,
): Promise<Entry | null> {
	const path = sourcePath(source);
	const info = await stat(path).catch((error: NodeJS.ErrnoException) => error);
	if (info instanceof Error) {
		if (file.optional === true) return null;
		throw problem(file, `the source ${source} can't be read: ${info.message}`);
	}
	if (info.isDirectory()) throw problem(file, `the source ${source} is a folder, not a file`);
	// The size of /dev/null or of a pipe of the shell is known only after reading.
	if (!info.isFile()) return bytesEntry(base, await readFile(path));
	return {
		...base,
		kind: 'file',
		sizeBytes: info.size,
		content: () => createReadStream(path),
	};
}

function parentFolder(path: string): DirectoryEntry {
	return { ...folder(path), ifAbsent: true };
}

function parentsOf(parts: readonly string[]): string[] {
	return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function problem(file: FileConfig, why: string): SlipwayError {
	return new SlipwayError('BAD_CONFIG', `${formatPosition(file.at)}: ${file.path}: ${why}.`);
}
