// Removes what nothing needs from the store. This is safe during a build or a pull: their blobs, which no reference names
// yet, are new, and no reference changes while the index is locked.

import { existsSync, lstatSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debianLabel } from '../../supervisor/contract/labels.ts';
import { openBlobFolder } from './blob-folder.ts';
import { removeFromIndexFile, withIndexLock } from './index-file.ts';
import { neededBlobs } from './needed-blobs.ts';

export type PrunedKind = 'blob' | 'segment' | 'debian' | 'leftover';

export interface Pruned {
	readonly kind: PrunedKind;
	readonly path: string;
	readonly sizeBytes: number;
}

export interface PruneOptions {
	/** Removes nothing, and returns what would be removed. */
	readonly dryRun: boolean;
	readonly nowMs: number;
}

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** The time that a file stays after its last change. A segment's name does not contain its image, so only its use counts. */
const keepMs: Readonly<Record<PrunedKind, number>> = {
	blob: hourMs,
	debian: hourMs,
	segment: 30 * dayMs,
	leftover: dayMs,
};

/** Returns what was removed, or would be in a dry run. Returns an empty list when there is no store. */
export async function pruneStore(storeFolder: string, options: PruneOptions): Promise<Pruned[]> {
	if (!existsSync(storeFolder)) return [];
	const temporary = new Set<string>();
	// A dry run changes nothing, and also works in a store that can't be written.
	const locked = async (work: () => Promise<Pruned[]>): Promise<Pruned[]> =>
		options.dryRun ? await work() : await withIndexLock(storeFolder, temporary, work);
	return await locked(async () => {
		const blobs = openBlobFolder(storeFolder);
		const { digests, configs, orphans } = await neededBlobs(storeFolder, blobs);
		const gone = orphans.filter(({ digest }) => isOld(blobs.path(digest), options.nowMs));
		const pins = new Set<string>();
		for (const config of configs) {
			for (const sha256 of debianPins(await blobs.readJson(config))) pins.add(sha256);
		}

		/** The kinds of names by directory. Files with other names stay. */
		const kinds: Readonly<Record<string, (name: string) => PrunedKind | null>> = {
			'.': (name) =>
				/^\.(slipway|incoming|package|import)-|^(index\.json|oci-layout)\.[0-9a-f-]{36}$/.test(name)
					? 'leftover'
					: null,
			segments: (name) => {
				if (/^\.slipway-|^\.[0-9a-f-]{36}$/.test(name)) return 'leftover';
				return /^[0-9a-f]{64}\.(cpio\.zst|json|file)$/.test(name) ? 'segment' : null;
			},
			debian: (name) => {
				if (name.startsWith('.download-')) return 'leftover';
				// A stub of another processor, which comes from such a package.
				if (name.endsWith('.efi.stub')) return 'debian';
				const sha256 = /_([0-9a-f]{64})\.deb$/.exec(name)?.[1];
				return sha256 === undefined || pins.has(sha256) ? null : 'debian';
			},
			'blobs/sha256': (name) =>
				/^[0-9a-f]{64}$/.test(name) && !digests.has(`sha256:${name}`) ? 'blob' : null,
		};

		const pruned: Pruned[] = [];
		for (const [folder, kindOf] of Object.entries(kinds)) {
			// No entry may name a blob that is gone. On a full disk the index has room when the other files are gone.
			if (folder === 'blobs/sha256' && gone.length > 0 && !options.dryRun)
				await removeFromIndexFile(storeFolder, gone, temporary);
			for (const name of await namesIn(join(storeFolder, folder))) {
				const kind = kindOf(name);
				const each = kind === null ? null : await prune(join(storeFolder, folder, name), kind, options);
				if (each !== null) pruned.push(each);
			}
		}
		return pruned;
	});
}

/** New signatures stay: they may arrive before their image has its reference. */
function isOld(path: string, nowMs: number): boolean {
	const info = lstatSync(path, { throwIfNoEntry: false });
	return info === undefined || nowMs - info.mtimeMs >= keepMs.blob;
}

async function prune(path: string, kind: PrunedKind, options: PruneOptions): Promise<Pruned | null> {
	const info = await lstat(path).catch(() => null);
	// The ctime counts as well: apt gives a download the archive's mtime.
	if (info === null || options.nowMs - Math.max(info.mtimeMs, info.ctimeMs) < keepMs[kind]) return null;
	const sizeBytes = info.isDirectory() ? await sizeOfTree(path) : info.size;
	if (!options.dryRun) await rm(path, { recursive: true, force: true });
	return { kind, path, sizeBytes };
}

async function namesIn(folder: string): Promise<string[]> {
	return existsSync(folder) ? (await readdir(folder)).sort() : [];
}

async function sizeOfTree(folder: string): Promise<number> {
	let sizeBytes = 0;
	for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
		if (each.isFile()) sizeBytes += (await lstat(join(each.parentPath, each.name))).size;
	}
	return sizeBytes;
}

/**
 * Returns the SHA-256 digests of the Debian packages that an image was made of, which its configuration lists; none for an
 * image of another builder.
 */
function debianPins(imageConfig: unknown): string[] {
	const { config } = (imageConfig ?? {}) as { readonly config?: { readonly Labels?: unknown } | null };
	const label = ((config?.Labels ?? {}) as Readonly<Record<string, unknown>>)[debianLabel];
	if (typeof label !== 'string') return [];
	let pins: unknown;
	try {
		pins = JSON.parse(label);
	} catch {
		return [];
	}
	if (!Array.isArray(pins)) return [];
	return pins.flatMap((pin: { readonly sha256?: unknown } | null) =>
		typeof pin?.sha256 === 'string' ? [pin.sha256] : [],
	);
}
