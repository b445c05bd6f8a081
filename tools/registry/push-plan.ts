// Decides what a push sends of an image. As in `docker push`, an index is sent when the store has all of it. Otherwise one
// platform's manifest is sent alone, because an index must not name what the registry lacks.

import type { Descriptor, Platform } from '../../supervisor/image/descriptor.ts';
import { isIndex, isManifest, parseIndex, parseManifest } from '../../supervisor/image/manifest.ts';
import { bestManifest, formatPlatform, imageManifests } from '../../supervisor/image/platform.ts';
import { SlipwayError } from '../errors.ts';
import { hostPlatform, type ImageStore } from '../images/store.ts';

export interface PushPlan {
	/** Each follows all that it names. The last is the one that the tag will name. */
	readonly manifests: readonly Descriptor[];
	/** Configurations and layers, each once. */
	readonly blobs: readonly Descriptor[];
	/** The manifest that is sent without its index, because the store has the index only in part; otherwise null. */
	readonly alone: Descriptor | null;
}

/**
 * Throws when the store lacks the platform or a blob, or when several platforms could be meant.
 *
 * @param platform - the only one to send; null for all
 */
export async function planPush(
	reference: string,
	found: Descriptor,
	store: ImageStore,
	platform: Platform | null,
): Promise<PushPlan> {
	const whole = platform === null ? await collect(found, store) : null;
	if (whole?.lacking === null) return { ...whole, alone: null };
	if (!isIndex(found.mediaType)) {
		if (platform !== null && (await store.find(reference, platform)) === null)
			throw noPlatform(reference, platform);
		return { ...(await collectWhole(found)), alone: null };
	}
	const entries = parseIndex(await store.blobs.readJson(found), reference);
	const manifests = await imageManifests(entries, async (index) =>
		store.blobs.has(index.digest) ? parseIndex(await store.blobs.readJson(index), reference) : [],
	);
	const chosen = platform === null ? await theOneThere(manifests) : bestManifest(manifests, platform);
	if (chosen === undefined) throw noPlatform(reference, platform ?? hostPlatform);
	return { ...(await collectWhole(chosen)), alone: platform === null ? chosen : null };

	async function collectWhole(top: Descriptor) {
		const { lacking, ...collected } = await collect(top, store);
		if (lacking === null) return collected;
		throw new SlipwayError(
			'BLOB_MISSING',
			`The image store lacks ${lacking.digest} of ${reference}. Pull, import or build the image again.`,
		);
	}

	/** Returns the manifest for this machine, or else the only complete one. */
	async function theOneThere(all: readonly Descriptor[]): Promise<Descriptor | undefined> {
		const there: Descriptor[] = [];
		for (const each of all) if ((await collect(each, store)).lacking === null) there.push(each);
		if (there.length === 0) return bestManifest(all, hostPlatform) ?? all[0];
		const own = bestManifest(there, hostPlatform);
		if (own !== undefined || there.length === 1) return own ?? there[0];
		const names = there.map((each) => (each.platform === undefined ? '?' : formatPlatform(each.platform)));
		throw new SlipwayError(
			'NO_PLATFORM',
			`The image store has several platforms of ${reference} (${names.join(', ')}), but not all. ` +
				'Choose one with --platform.',
		);
	}
}

interface Collected {
	readonly manifests: readonly Descriptor[];
	readonly blobs: readonly Descriptor[];
	/** The first that the store lacks; null when it has all. */
	readonly lacking: Descriptor | null;
}

/** Collects everything that a manifest or index names. */
async function collect(top: Descriptor, store: ImageStore): Promise<Collected> {
	const manifests = new Map<string, Descriptor>();
	const blobs = new Map<string, Descriptor>();
	let lacking: Descriptor | null = null;

	async function walk(descriptor: Descriptor): Promise<void> {
		const { digest, mediaType } = descriptor;
		if (!store.blobs.has(digest)) {
			lacking ??= descriptor;
			return;
		}
		if (isIndex(mediaType)) {
			for (const each of parseIndex(await store.blobs.readJson(descriptor), digest)) await walk(each);
		} else if (isManifest(mediaType)) {
			const { config, layers } = parseManifest(await store.blobs.readJson(descriptor), digest);
			for (const each of [config, ...layers]) {
				if (!store.blobs.has(each.digest)) lacking ??= each;
				blobs.set(each.digest, each);
			}
		} else {
			blobs.set(digest, descriptor);
			return;
		}
		manifests.set(digest, descriptor);
	}

	await walk(top);
	return { manifests: [...manifests.values()], blobs: [...blobs.values()], lacking };
}

function noPlatform(reference: string, platform: Platform): SlipwayError {
	return new SlipwayError('NO_PLATFORM', `${reference} has no image for ${formatPlatform(platform)}.`);
}
