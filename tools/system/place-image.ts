// Moves an image's tree to its place in the system, with LinuxKit's few changes (its `moby/image.go`): remains of a Docker
// build are dropped, `/etc/hosts` and `/etc/resolv.conf` are the system's, and the mount points that every container
// needs are added.

import type { DirectoryEntry, Entry, FileEntry, HardLinkEntry, SymlinkEntry } from '../archive/entry.ts';
import { inRange } from './bundle/user-range.ts';

/** LinuxKit's mtime for all generated entries, 2017-04-18 16:30 UTC. */
export const linuxkitTimeSeconds = 1492533000;

const dropped: ReadonlySet<string> = new Set([
	'.dockerenv',
	'Dockerfile',
	'dev/console',
	'dev/pts',
	'dev/shm',
	'etc/hostname',
]);

const replaced: ReadonlySet<string> = new Set(['etc/hosts', 'etc/resolv.conf']);

const hosts = `127.0.0.1       localhost
::1     localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet
ff00::0 ip6-mcastprefix
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
`;

const resolvConf = '\n# no resolv.conf configured\n';

interface Placing {
	/** The directory for the tree, without slashes at the ends; empty for the root itself. */
	readonly prefix: string;
	/** The target of the link `/etc/resolv.conf`; null for a file with a comment only. */
	readonly resolvConfLink: string | null;
	/** The first user of the range to which the files go; null: they keep their owners. */
	readonly userBase?: number | null;
}

/** Yields the directories down to the prefix, the image's entries, then those that it lacks. */
export async function* placeImage(
	entries: AsyncIterable<Entry>,
	placing: Placing,
): AsyncGenerator<Entry, void> {
	const { prefix, userBase = null } = placing;
	const own = ownEntries(placing.resolvConfLink);
	const placed = (entry: Entry): Entry => {
		const there = moved(entry, prefix);
		return userBase === null ? there : inRange(there, userBase);
	};
	const ownByPath = new Map(own.map((entry) => [entry.path, entry]));
	const seen = new Map<string, Entry['kind']>();
	for (const parent of parentFolders(prefix)) {
		yield userBase !== null && parent.path === prefix ? inRange(parent, userBase) : parent;
	}
	for await (const entry of entries) {
		// A file carries its links (`keptNames`).
		if (entry.kind === 'hardlink') continue;
		for (const kept of keptNames(entry)) {
			seen.set(kept.path, kept.kind);
			yield placed(ourView(kept, ownByPath.get(kept.path)));
		}
	}
	for (const entry of own) if (!seen.has(entry.path) && standsInFolder(entry.path, seen)) yield placed(entry);
}

/** Reports whether the parent is a directory. Below a link for `etc` or `dev`, a file would be written where it leads in the guest. */
function standsInFolder(path: string, seen: ReadonlyMap<string, Entry['kind']>): boolean {
	const slash = path.indexOf('/');
	return slash === -1 || (seen.get(path.slice(0, slash)) ?? 'directory') === 'directory';
}

/** LinuxKit writes these directories after the image's, so its mode, owner and time apply; for a link only its time. */
function ourView(given: Entry, own: Entry | undefined): Entry {
	if (own === undefined) return given;
	return given.kind === 'directory' && own.kind === 'directory'
		? own
		: { ...given, mtimeSeconds: own.mtimeSeconds };
}

/** Returns the entry and its links without the dropped names; the first name that is left has the bytes. */
function keptNames(entry: Exclude<Entry, HardLinkEntry>): Entry[] {
	if (entry.kind !== 'file' || entry.links === undefined) return isDropped(entry.path) ? [] : [entry];
	const [path, ...more] = [entry.path, ...entry.links.map((link) => link.path)].filter(
		(name) => !isDropped(name),
	);
	if (path === undefined) return [];
	const { links: _, content, sizeBytes, ...common } = entry;
	const links = more.map((name): HardLinkEntry => {
		return { ...common, kind: 'hardlink', path: name, target: path };
	});
	return [{ ...common, path, sizeBytes, content, ...(links.length === 0 ? {} : { links }) }, ...links];
}

function isDropped(path: string): boolean {
	return dropped.has(path) || replaced.has(path) || /^dev\/(pts|shm)\//.test(path);
}

/** Yields `containers`, `containers/services`, … down to `path` itself. */
export function* parentFolders(path: string): Generator<DirectoryEntry, void> {
	const parts = path.split('/').filter((part) => part !== '');
	for (const index of parts.keys()) yield folder(parts.slice(0, index + 1).join('/'));
}

export function folder(path: string): DirectoryEntry {
	return { ...ownership, kind: 'directory', path, mode: 0o755 };
}

/** Returns a small generated file. */
export function textFile(path: string, text: string): FileEntry {
	return bytesFile(path, Buffer.from(text));
}

export function bytesFile(path: string, bytes: Buffer): FileEntry {
	return {
		...ownership,
		kind: 'file',
		path,
		mode: 0o644,
		sizeBytes: bytes.length,
		content: async function* () {
			yield bytes;
		},
	};
}

const ownership = { uid: 0, gid: 0, mtimeSeconds: linuxkitTimeSeconds };

function ownEntries(resolvConfLink: string | null): readonly Entry[] {
	const link = (path: string, target: string, mode: number): SymlinkEntry => {
		return { ...ownership, kind: 'symlink', path, target, mode };
	};
	return [
		folder('dev'),
		folder('dev/pts'),
		folder('dev/shm'),
		folder('etc'),
		textFile('etc/hosts', hosts),
		link('etc/mtab', '/proc/mounts', 0o755),
		resolvConfLink === null
			? textFile('etc/resolv.conf', resolvConf)
			: link('etc/resolv.conf', resolvConfLink, 0o644),
		folder('proc'),
		folder('sys'),
	];
}

/** Moves an entry below a directory; an empty prefix leaves it where it is. */
export function moved(entry: Entry, prefix: string): Entry {
	if (prefix === '') return entry;
	const path = `${prefix}/${entry.path}`;
	if (entry.kind === 'hardlink') return { ...entry, path, target: `${prefix}/${entry.target}` };
	if (entry.kind !== 'file' || entry.links === undefined) return { ...entry, path };
	const links = entry.links.map((link) => ({ ...link, path: `${prefix}/${link.path}`, target: path }));
	return { ...entry, path, links };
}
