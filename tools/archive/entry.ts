// One entry of the root tree. The tree is a stream (`AsyncIterable<Entry>`) that every sink in `tools/output`
// consumes once, in order; a file's bytes are a stream inside it and never held whole.

/** What all entries have. Paths are relative, `/`-separated, without `.`, `..` or a leading `/`. */
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
	/** Its further names, which follow in the stream right after it; cpio needs their number beforehand. */
	readonly links?: readonly HardLinkEntry[];
	/** Called at most once, before the next entry is asked for; gives exactly `sizeBytes` bytes. */
	content(): AsyncIterable<Uint8Array>;
}

export interface DirectoryEntry extends EntryBase {
	readonly kind: 'directory';
	/** Only where nothing that came before has this path. */
	readonly ifAbsent?: true;
}

export interface SymlinkEntry extends EntryBase {
	readonly kind: 'symlink';
	readonly target: string;
}

/** A further name of the file that came right before it (or before other names of the same file). */
export interface HardLinkEntry extends EntryBase {
	readonly kind: 'hardlink';
	/** The path of the earlier entry, complete like `path`. */
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

/** All names of a file, its hard links' included; none for what is no file. */
export function fileNames(entry: Entry): string[] {
	return entry.kind === 'file' ? [entry.path, ...(entry.links ?? []).map((link) => link.path)] : [];
}
