// An entry of the root tree. The tree is a stream (`AsyncIterable<Entry>`) that each output format reads once, in order. A
// file's bytes are a stream inside it and are never held in memory as a whole.

/** The fields of all entries. Paths are relative, `/`-separated, without `.`, `..` or a leading `/`. */
interface EntryBase {
	readonly path: string;
	/** Permission bits, setuid, setgid and sticky included (0..0o7777). */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly mtimeSeconds: number;
	/** Extended attributes by name (`security.capability`, …). */
	readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

export interface FileEntry extends EntryBase {
	readonly kind: 'file';
	readonly sizeBytes: number;
	/** Its other names, whose entries directly follow in the stream. cpio needs their number in advance. */
	readonly links?: readonly HardLinkEntry[];
	/** Returns exactly `sizeBytes` bytes. Is called at most once, before the next entry is requested. */
	content(): AsyncIterable<Uint8Array>;
}

export interface DirectoryEntry extends EntryBase {
	readonly kind: 'directory';
	/** The entry counts only if no earlier one has this path. */
	readonly ifAbsent?: true;
}

export interface SymlinkEntry extends EntryBase {
	readonly kind: 'symlink';
	readonly target: string;
}

/** Another name of the file directly before it (or before other names of the same file). */
export interface HardLinkEntry extends EntryBase {
	readonly kind: 'hardlink';
	/** The full path of the file's entry. */
	readonly target: string;
}

export interface DeviceEntry extends EntryBase {
	readonly kind: 'block' | 'character';
	readonly major: number;
	readonly minor: number;
}

export interface FifoEntry extends EntryBase {
	readonly kind: 'fifo';
}

export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | HardLinkEntry | DeviceEntry | FifoEntry;

/** Returns all names of a file, with those of its hard links; none for an entry of another kind. */
export function fileNames(entry: Entry): string[] {
	return entry.kind === 'file' ? [entry.path, ...(entry.links ?? []).map((link) => link.path)] : [];
}
