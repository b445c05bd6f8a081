// What the tree of a planned system holds: each file with its size and the image that it comes from. Nothing is packed.

import { createHash } from 'node:crypto';
import type { Entry, FileEntry } from '../archive/entry.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import type { Plan } from '../resolve/plan.ts';
import { type SystemImage, systemContents } from '../sbom/system-contents.ts';
import { bootEntries } from '../system/boot-entries.ts';
import type { Segment } from '../system/segment.ts';
import { systemTree } from '../system/system-tree.ts';
import { isPackageList, packageOwners, packageVersions } from './package-lists.ts';

export interface TreeFile {
	readonly path: string;
	readonly kind: Entry['kind'];
	/** Permission bits. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	/** Is 0 for all but files, and for further names of a file. */
	readonly sizeBytes: number;
	/** The SHA-256 of a file's bytes, or the target of a link; empty unless digests are asked for. */
	readonly value: string;
	/** The text of a file that the configuration gives; null for files of images. */
	readonly text: string | null;
	/** The Debian or Alpine package, as the image's own list of packages says; null when none is known. */
	readonly owner: string | null;
}

/** The files that an image, or the configuration, puts at one place of the tree. */
export interface TreePart {
	/** The image's name in the YAML, or what the configuration writes, such as `services/redis`. */
	readonly name: string;
	/** Is false for what the configuration writes. */
	readonly isImage: boolean;
	readonly files: readonly TreeFile[];
	/** The versions of the packages in the image's own lists, by their names. */
	readonly packages: ReadonlyMap<string, string>;
}

export interface TreeContents {
	readonly parts: readonly TreePart[];
	readonly images: readonly SystemImage[];
	readonly commandLine: string;
	/** The bytes of the files that a root image does not store, because equal ones are there; null when nothing is packed. */
	readonly sharedBytes: number | null;
}

/** A file larger than this is not shown as configuration. */
const maxTextBytes = 256 * 1024;
/** Larger lists of packages are not read. */
const maxListBytes = 64 * 2 ** 20;

/** Is told how many of the parts have been read, and which one follows. */
export type OnPart = (done: number, total: number, next: string) => void;

/** @param withDigests - reads each file, which takes about as long as unpacking the images */
export async function readContents(
	plan: Plan,
	blobs: BlobFolder,
	withDigests: boolean,
	onPart: OnPart,
): Promise<TreeContents> {
	const segments: readonly Segment[] = [kernelFiles(plan, blobs), ...systemTree(plan, blobs)];
	const parts: TreePart[] = [];
	const earlier: { readonly name: string; readonly paths: readonly string[] }[] = [];
	const present = new Set<string>();
	for (const [index, segment] of segments.entries()) {
		onPart(index, segments.length, segment.name);
		const part = await readPart(segment, earlier, present, withDigests);
		if (segment.key !== null) earlier.push({ name: segment.name, paths: part.files.map(({ path }) => path) });
		for (const { path } of part.files) present.add(path);
		if (part.files.length > 0) parts.push(part);
	}
	return {
		parts: withoutReplaced(parts),
		images: systemContents(plan),
		commandLine: plan.config.kernel?.cmdline ?? '',
		sharedBytes: null,
	};
}

/** The kernel is beside the tree in most formats, and below /boot in others. */
function kernelFiles(plan: Plan, blobs: BlobFolder): Segment {
	const name = plan.config.kernel?.image ?? 'kernel';
	return {
		name,
		key: name,
		sizeHintBytes: 0,
		async *entries() {
			for await (const entry of bootEntries(plan, blobs, () => undefined))
				if (entry.kind === 'file' && entry.path !== 'boot/cmdline') yield entry;
		},
	};
}

async function readPart(
	segment: Segment,
	earlier: Parameters<Segment['entries']>[0],
	present: ReadonlySet<string>,
	withDigests: boolean,
): Promise<TreePart> {
	const isImage = segment.key !== null;
	const files: TreeFile[] = [];
	const lists: { readonly path: string; readonly text: string }[] = [];
	for await (const entry of segment.entries(earlier)) {
		if (entry.kind === 'directory' && entry.ifAbsent === true && present.has(entry.path)) continue;
		let text: string | null = null;
		let value = otherValue(entry);
		if (entry.kind === 'file' && isImage && isPackageList(entry.path) && entry.sizeBytes <= maxListBytes) {
			const bytes = await bytesOf(entry);
			lists.push({ path: entry.path, text: bytes.toString('utf8') });
			value = sha256(bytes);
		} else if (entry.kind === 'file' && !isImage && entry.sizeBytes <= maxTextBytes) {
			const bytes = await bytesOf(entry);
			text = bytes.toString('utf8');
			value = sha256(bytes);
		} else if (entry.kind === 'file' && withDigests) value = await digestOf(entry);
		const { path, kind, mode, uid, gid } = entry;
		const sizeBytes = entry.kind === 'file' ? entry.sizeBytes : 0;
		files.push({ path, kind, mode, uid, gid, sizeBytes, value, text, owner: null });
	}
	const ownerOf = packageOwners(lists);
	const owned = lists.length === 0 ? files : files.map((file) => ({ ...file, owner: ownerOf(file.path) }));
	return { name: segment.name, isImage, files: owned, packages: packageVersions(lists) };
}

function otherValue(entry: Entry): string {
	if (entry.kind === 'symlink' || entry.kind === 'hardlink') return entry.target;
	if (entry.kind === 'block' || entry.kind === 'character') return `${entry.major}:${entry.minor}`;
	return '';
}

async function bytesOf({ content }: FileEntry): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of content()) chunks.push(chunk);
	return Buffer.concat(chunks);
}

async function digestOf({ content }: FileEntry): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of content()) hash.update(chunk);
	return hash.digest('hex');
}

function sha256(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** A later part replaces the files of earlier ones. */
function withoutReplaced(parts: readonly TreePart[]): readonly TreePart[] {
	const taken = new Set<string>();
	const result: TreePart[] = [];
	for (const part of parts.toReversed()) {
		result.push({ ...part, files: part.files.filter(({ path }) => !taken.has(path)) });
		for (const { path } of part.files) taken.add(path);
	}
	return result.reverse();
}
