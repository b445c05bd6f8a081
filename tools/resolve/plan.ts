// Makes the plan of a system: every image of the configuration, checked by the trust rules and resolved to the local store.

import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { formatPlatform } from '../../supervisor/image/platform.ts';
import { type Problem, problemText } from '../config/config-error.ts';
import { formatPosition } from '../config/position.ts';
import type { ConfigSource } from '../config/read-sources.ts';
import type { SystemConfig } from '../config/system-config.ts';
import { problemAt } from '../config/value-position.ts';
import { type ErrorCode, SlipwayError } from '../errors.ts';
import { formatReference, parseReference } from '../images/reference.ts';
import type { ImageStore } from '../images/store.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { ImageSource } from './image-source.ts';
import { rulesOf, type TrustRule } from './image-trust.ts';
import { type ImageUse, imageUses } from './image-uses.ts';
import type { ImageLock } from './lock-file.ts';
import { nearImage } from './near-image.ts';
import { recipeBeside } from './recipe-beside.ts';
import { type ResolvedLayout, volumeLayout } from './volume-layout.ts';

export interface Plan {
	readonly config: SystemConfig;
	/** The images by their name in the YAML. */
	readonly images: ReadonlyMap<string, StoredImage>;
	/** The images of volumes with `format: oci`, by the volume's name. */
	readonly layouts: ReadonlyMap<string, ResolvedLayout>;
	/** The digests of all images. */
	readonly lock: ImageLock;
	/** The kernel modules that the root gets, by name; all when it is absent. */
	readonly keptModules?: ReadonlySet<string>;
	/** The digests of images that are known to have no program of the processor's 32-bit relative. */
	readonly nativeImages?: ReadonlySet<string>;
}

/** Returns the image. Throws for a name that the plan does not have. */
export function imageOf(plan: Plan, name: string): StoredImage {
	const image = plan.images.get(name);
	if (image === undefined) throw new SlipwayError('NO_IMAGE', `The image ${name} was not resolved.`);
	return image;
}

export interface Resolution {
	/** The texts of the configuration, whose lines an error shows. */
	readonly sources: readonly ConfigSource[];
	readonly source: ImageSource;
	/** The lock of an earlier build, or null. */
	readonly lock: ImageLock | null;
	readonly rules: readonly TrustRule[];
	/** Allows images without a digest, because this build writes the lock. */
	readonly willLock: boolean;
	/** The command that locks the digests of all images; null when there is no place for a lock file. */
	readonly lockingCommand: string | null;
	/** Throws a `SlipwayError` unless one of the keys has signed the image, and not longer ago than the rule allows. */
	verify(
		reference: string,
		digest: string,
		keyFiles: readonly string[],
		maxAgeMs: number | null,
	): Promise<void>;
}

/** Throws one `SlipwayError` that names all missing or untrusted images with their positions. */
export async function makePlan(config: SystemConfig, resolution: Resolution): Promise<Plan> {
	const uses = [...imageUses(config)];
	const untrusted = await unpinned(uses, resolution);
	if (untrusted.length > 0) {
		const { lockingCommand } = resolution;
		const hint = `To build what the tags mean today, and the same from then on, lock the digests of all images:\n  ${lockingCommand}`;
		throw new SlipwayError(
			'NOT_PINNED',
			[...untrusted, ...(lockingCommand === null ? [] : [hint])].join('\n'),
		);
	}
	const images = new Map<string, StoredImage>();
	const layouts = new Map<string, ResolvedLayout>();
	const lock = new Map<string, string>();
	const failures: Failure[] = [];
	let { source } = resolution;
	for (const use of uses) {
		const { name, layout } = use;
		if (layout === null && images.has(name)) continue;
		const reference = lockedReference(name, resolution.lock);
		try {
			const missing = async (): Promise<never> => await notThere(name, reference, isKnown, source.store);
			const isKnown = await source.store.has(reference);
			let top: Descriptor;
			if (layout === null) {
				const found = (await source.image(reference, source.store.platform)) ?? (await missing());
				images.set(name, found.image);
				top = found.top;
			} else {
				const found = (await volumeLayout(reference, layout, source)) ?? (await missing());
				layouts.set(layout.volume, found);
				top = found.top;
			}
			const { digest } = top;
			lock.set(formatReference(parseReference(name)), digest);
			for (const { keyFiles, maxAgeMs = null } of rulesOf(name, resolution.rules)) {
				if (keyFiles.length > 0) await resolution.verify(reference, digest, keyFiles, maxAgeMs);
			}
		} catch (error) {
			if (!(error instanceof SlipwayError)) throw error;
			const message = `${error.message}${await nearHint(use, error, source.store)}`;
			const problem = problemAt(resolution.sources, use.at, use.path, message);
			const recipe = distrust.includes(error.code) ? null : recipeBeside(use.at.file, name);
			failures.push({ problem, error, recipe });
			// After one failed pull only the store is used, so that a build waits for one image at most.
			source = source.withoutPulling();
		}
	}
	if (failures.length > 0) throw failed(failures, source.store.folder);
	return { config, images, layouts, lock };
}

function lockedReference(name: string, lock: ImageLock | null): string {
	const parsed = parseReference(name);
	const digest = parsed.digest ?? lock?.get(formatReference(parsed)) ?? null;
	return formatReference({ ...parsed, digest });
}

/** Returns a message for each image that a rule requires to have a digest and that has none. */
async function unpinned(uses: readonly ImageUse[], { rules, lock, willLock, source }: Resolution) {
	const problems: string[] = [];
	for (const { name, at } of uses) {
		const wanted = rulesOf(name, rules).find((rule) => rule.keyFiles.length === 0);
		const reference = lockedReference(name, lock);
		if (wanted === undefined || willLock || parseReference(reference).digest !== null) continue;
		const known = await source.store.resolve(reference);
		const how = known === null ? '@sha256:…' : `@${known.digest}, as it is in the store,`;
		problems.push(
			`${formatPosition(at)}: the image ${name} is not pinned by digest, which ${wanted.askedBy} asks for. Write ` +
				`${name}${how} or keep it in a lock file.`,
		);
	}
	return [...new Set(problems)];
}

async function notThere(
	name: string,
	reference: string,
	isKnown: boolean,
	store: ImageStore,
): Promise<never> {
	const why = isKnown
		? `is in the store, but not for ${formatPlatform(store.platform)}${await platformsThere(reference, store)}`
		: 'is not in the store';
	throw new SlipwayError(isKnown ? 'NO_PLATFORM' : 'NO_IMAGE', `the image ${name} ${why}.`);
}

/** Returns ", only for linux/amd64", or an empty text when that is not known. */
async function platformsThere(reference: string, store: ImageStore): Promise<string> {
	const name = formatReference(parseReference(reference));
	const images = (await store.list()).filter((image) => image.reference === name);
	const names = images.map(({ config, manifest }) =>
		formatPlatform(manifest.platform ?? { ...config, os: config.os || 'linux' }),
	);
	return names.length === 0 ? '' : `, only for ${names.join(', ')}`;
}

const distrust: readonly ErrorCode[] = ['NOT_SIGNED', 'BAD_SIGNATURE'];

interface Failure {
	readonly problem: Problem;
	readonly error: SlipwayError;
	/** The directory of the image's recipe, if it is beside the file. */
	readonly recipe: string | null;
}

/** Returns " Did you mean …?" for an image that is not there, when the store has one of a name like it; else an empty text. */
async function nearHint({ name }: ImageUse, { code }: SlipwayError, store: ImageStore): Promise<string> {
	if (distrust.includes(code) || code === 'NO_PLATFORM') return '';
	const near = nearImage(
		name,
		(await store.list()).map(({ reference }) => reference),
	);
	return near === null ? '' : ` Did you mean ${near}?`;
}

function failed(failures: readonly Failure[], storeFolder: string): SlipwayError {
	const lines = failures.map(({ problem }) => problemText(problem));
	const [first] = failures;
	const recipes = new Set(failures.flatMap(({ recipe }) => recipe ?? []));
	const missing = failures.filter(({ recipe }) => recipe === null).map(({ problem }) => problemText(problem));
	const ownRecipes =
		recipes.size === 0
			? []
			: [`Its recipe is here, build it first: slipway pkg build ${[...recipes].join(' ')}`];
	const hint = `Build it with "slipway pkg build", or add it with "slipway cache import" (store: ${storeFolder}).`;
	const ownHint =
		'The images slipway/… come with the Debian package of slipway; in a clone "make packages" builds them.';
	const isAbout = failures.some(({ error }) => !distrust.includes(error.code));
	const isAboutOwn =
		isAbout && missing.some((line) => /\bslipway\/\S+ (is not in the store|can't be pulled)/.test(line));
	return new SlipwayError(
		first?.error.code ?? 'NO_IMAGE',
		[
			...new Set(lines),
			...ownRecipes,
			...(isAbout && missing.length > 0 ? [hint] : []),
			...(isAboutOwn ? [ownHint] : []),
		].join('\n'),
		{ cause: first?.error },
	);
}
