// Copies a tree with everything that a root file system can hold: owners, modes, times, hard links, extended attributes,
// devices. A move frees each file as soon as it is copied, so it needs hardly more memory than the tree itself. It may run
// again over its own unfinished work.

import {
	closeSync,
	constants as fsConstants,
	linkSync,
	lstatSync,
	lutimesSync,
	mkdirSync,
	openSync,
	readdirSync,
	readlinkSync,
	rmdirSync,
	type Stats,
	statSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { constant } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { copyAttributes, type MetadataTarget } from './copy-metadata.ts';

/** The system calls that a copy needs. */
export type CopyCalls = MetadataTarget['native'] &
	Pick<Native, 'mknod' | 'copyTimes' | 'sendfile' | 'mount' | 'constants'>;

interface CopyRequest {
	/** A folder: `/`, or a path without a slash at its end. */
	readonly from: string;
	/** A folder that exists. */
	readonly to: string;
	/** Removes the source file by file. */
	readonly move: boolean;
	/** Selects files and folders that are bind-mounted at the destination instead of copied, and that stay in the source. */
	readonly isPinned: (path: string, stats: Stats) => boolean;
	/** Selects paths that are neither copied nor removed. */
	readonly isSkipped: (path: string) => boolean;
}

export interface CopyReport {
	files: number;
	bytes: number;
}

/** `O_NOFOLLOW`: a file that has become a link since lstat(2) must not be followed. */
const readFlags = fsConstants.O_RDONLY | fsConstants.O_NOFOLLOW;
const writeFlags = fsConstants.O_WRONLY | fsConstants.O_CREAT | fsConstants.O_TRUNC | fsConstants.O_NOFOLLOW;

/** Needs a umask of 0: open(2) and mkdir(2) get the modes as they are. */
export function copyTree(native: CopyCalls, request: CopyRequest): CopyReport {
	const copier = new TreeCopier(native, request);
	copier.copyFolder(request.from, request.to, lstatSync(request.from));
	copier.removeLinked();
	return copier.report;
}

class TreeCopier {
	readonly report: CopyReport = { files: 0, bytes: 0 };
	readonly #native: CopyCalls;
	readonly #request: CopyRequest;
	readonly #device: number;
	readonly #metadata: MetadataTarget;
	/** By inode with several names: the copy of the first one, and the names to remove. */
	readonly #linked = new Map<number, { readonly copy: string; readonly names: string[] }>();

	constructor(native: CopyCalls, request: CopyRequest) {
		this.#native = native;
		this.#request = request;
		this.#device = statSync(request.from).dev;
		this.#metadata = { native, hasAttributes: true };
	}

	copyFolder(from: string, to: string, stats: Stats): void {
		// A file system that is mounted here is not part of the tree.
		if (stats.dev === this.#device) {
			const prefix = from === '/' ? '/' : `${from}/`;
			for (const name of readdirSync(from)) {
				const path = prefix + name;
				if (!this.#request.isSkipped(path)) this.#copyEntry(path, `${to}/${name}`);
			}
		}
		copyAttributes(this.#metadata, from, to, stats, true);
		// Removing files has changed the source's own times. Those of cpio are whole seconds, so this loses nothing.
		lutimesSync(to, stats.atimeMs / 1000, stats.mtimeMs / 1000);
	}

	/** Removes the names of inodes that also have names outside of the tree. */
	removeLinked(): void {
		for (const { names } of this.#linked.values()) this.#remove(names);
		this.#linked.clear();
	}

	#copyEntry(from: string, to: string): void {
		const stats = lstatSync(from);
		if (this.#request.isPinned(from, stats)) {
			this.#pin(from, to, stats);
			return;
		}
		if (stats.isDirectory()) {
			makeFolder(to, stats.mode & 0o7777);
			this.copyFolder(from, to, stats);
			if (this.#request.move && stats.dev === this.#device) removeEmptyFolder(from);
			return;
		}
		if (stats.dev !== this.#device) {
			// The file is a mount point. The mount itself moves separately.
			if (lstatSync(to, { throwIfNoEntry: false }) === undefined) writeFileSync(to, '');
			return;
		}
		this.report.files += 1;
		if (stats.nlink > 1) {
			this.#copyLinked(from, to, stats);
			return;
		}
		this.#copyLeaf(from, to, stats);
		this.#remove([from]);
	}

	#copyLinked(from: string, to: string, stats: Stats): void {
		const known = this.#linked.get(stats.ino);
		if (known === undefined) {
			this.#copyLeaf(from, to, stats);
			this.#linked.set(stats.ino, { copy: to, names: [from] });
			return;
		}
		replacing(to, () => linkSync(known.copy, to));
		known.names.push(from);
		// All names are removed together: after a crash a single remaining name would no longer count as a link.
		if (known.names.length === stats.nlink) this.#remove(known.names.splice(0));
	}

	#copyLeaf(from: string, to: string, stats: Stats): void {
		if (stats.isFile()) this.#copyFile(from, to, stats);
		else if (stats.isSymbolicLink()) replacing(to, () => symlinkSync(readlinkSync(from), to));
		else {
			const [major, minor] = deviceNumbers(stats.rdev);
			replacing(to, () => this.#native.mknod(to, stats.mode, major, minor));
		}
		copyAttributes(this.#metadata, from, to, stats, false);
		this.#native.copyTimes(from, to);
	}

	#copyFile(from: string, to: string, stats: Stats): void {
		const out = openSync(to, writeFlags, stats.mode & 0o7777);
		try {
			if (stats.size > 0) this.#copyBytes(from, out, stats.size);
		} finally {
			closeSync(out);
		}
		this.report.bytes += stats.size;
	}

	#copyBytes(from: string, out: number, sizeBytes: number): void {
		const input = openSync(from, readFlags);
		try {
			let left = sizeBytes;
			while (left > 0) {
				const moved = this.#native.sendfile(out, input, left);
				if (moved === 0) throw new Error(`${from} has become shorter while it was copied.`);
				left -= moved;
			}
		} finally {
			closeSync(input);
		}
	}

	#pin(from: string, to: string, stats: Stats): void {
		if (stats.isDirectory()) makeFolder(to, stats.mode & 0o7777);
		// After a crash of PID 1 it may exist and be bound already.
		else if (lstatSync(to, { throwIfNoEntry: false }) === undefined) writeFileSync(to, '');
		if (isSameFile(statSync(to), stats)) return;
		this.#native.mount(from, to, null, constant(this.#native, 'MS_BIND'), null);
	}

	#remove(paths: readonly string[]): void {
		if (this.#request.move) for (const path of paths) unlinkSync(path);
	}
}

function isSameFile(one: Stats, other: Stats): boolean {
	return one.ino === other.ino && one.dev === other.dev;
}

function makeFolder(path: string, mode: number): void {
	try {
		mkdirSync(path, { mode });
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
	}
}

/** A folder with a pinned file in it stays. */
function removeEmptyFolder(path: string): void {
	try {
		rmdirSync(path);
	} catch (error) {
		if (!hasCode(error, 'ENOTEMPTY', 'EBUSY')) throw error;
	}
}

/** Calls `make` again without the file at `path` when that exists already, e.g. from before a crash. */
function replacing(path: string, make: () => void): void {
	try {
		make();
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
		unlinkSync(path);
		make();
	}
}

/** Returns glibc's `gnu_dev_major` and `gnu_dev_minor`, for the 32 bits that Linux uses: makedev(3). */
export function deviceNumbers(rdev: number): [number, number] {
	return [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
}
