// A system as the checks see it: the trees of its root and of its containers, which follow from the plan and the facts of images.

import type { RuntimeSpec } from '../../supervisor/contract/runtime-spec.ts';
import { containerIds } from '../config/container-ids.ts';
import { internalNames } from '../config/networks.ts';
import type { OneShotConfig, ServiceConfig } from '../config/system-config.ts';
import { volumeFolder, withVolumeFolders } from '../config/volumes.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { type Bundle, containerBundle, type Section } from '../system/bundle/bundle.ts';
import { containerId, planUserBases } from '../system/bundle/user-range.ts';
import { resolvConfLink } from '../system/image-segment.ts';
import { type FileTree, fileTree, type Node } from './file-tree.ts';
import type { ImageFacts } from './image-facts.ts';

export interface CheckedContainer {
	readonly section: Section;
	readonly config: ServiceConfig | OneShotConfig;
	readonly image: StoredImage;
	readonly bundle: Bundle;
	readonly spec: RuntimeSpec;
	/** Is null for an image that is too large to be checked. */
	readonly facts: ImageFacts | null;
	/** The image with the container's mounts; null as `facts`. */
	readonly tree: FileTree | null;
}

export interface CheckedSystem {
	readonly plan: Plan;
	/** The root without what exists at run time only; null when an init image is too large to be checked. */
	readonly root: FileTree | null;
	readonly containers: readonly CheckedContainer[];
	/** The facts of the init images in their order, by the name in the YAML. */
	readonly init: readonly (readonly [name: string, facts: ImageFacts | null])[];
	readonly kernel: ImageFacts | null;
}

/** @param factsOf - returns null for an image that is too large to be checked */
export async function checkedSystem(
	plan: Plan,
	factsOf: (image: StoredImage) => Promise<ImageFacts | null>,
): Promise<CheckedSystem> {
	const { config } = plan;
	const ids = containerIds(config);
	const userBases = planUserBases(config);
	const containers: CheckedContainer[] = [];
	for (const section of ['onboot', 'onshutdown', 'services'] as const) {
		for (const [index, container] of config[section].entries()) {
			const image = imageOf(plan, container.image);
			const bundle = containerBundle({
				section,
				index,
				sharedImage: null,
				userBase: userBases.get(containerId(section, index, container.name)) ?? 0,
				container: withVolumeFolders(container),
				image: image.config.config,
				architecture: image.config.architecture,
				ids,
				internal: internalNames(config.networks),
			});
			const facts = await factsOf(image);
			const mounts = (bundle.spec.mounts ?? []).map(({ destination }) => destination);
			const tree = facts === null ? null : fileTree([facts], new Map(), mounts);
			containers.push({ section, config: container, image, bundle, spec: bundle.spec, facts, tree });
		}
	}
	const init: [string, ImageFacts | null][] = [];
	for (const { image } of config.init) init.push([image, await factsOf(imageOf(plan, image))]);
	const known = init.flatMap(([, facts]) => facts ?? []);
	return {
		plan,
		containers,
		init,
		root: known.length === init.length ? fileTree(known, madePaths(plan)) : null,
		kernel: config.kernel === null ? null : await factsOf(imageOf(plan, config.kernel.image)),
	};
}

/** Returns what the build adds to the init images. */
function madePaths({ config }: Plan): ReadonlyMap<string, Node> {
	const made = new Map<string, Node>([['/etc/resolv.conf', { kind: 'link', target: resolvConfLink }]]);
	for (const { name } of config.volumes) made.set(`${volumeFolder(name)}/merged`, { kind: 'directory' });
	if (config.kernel !== null && config.kernel.tar !== 'none') made.set('/lib/modules', { kind: 'directory' });
	for (const { path, directory, symlink = '' } of config.files) {
		const clean = `/${path
			.split('/')
			.filter((part) => part !== '' && part !== '.')
			.join('/')}`;
		const node: Node =
			directory === true
				? { kind: 'directory' }
				: symlink === ''
					? { kind: 'file' }
					: { kind: 'link', target: symlink };
		made.set(clean, node);
	}
	return made;
}
