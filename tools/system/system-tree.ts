// The root tree of a system as segments in LinuxKit's order: the kernel's modules, the init images, volumes, onboot,
// onshutdown and service containers, files. A later entry replaces an earlier one of the same path.

import type { PublishedPort } from '../../supervisor/contract/container-network.ts';
import { bundleFiles } from '../../supervisor/contract/layout.ts';
import type { Entry, FileEntry } from '../archive/entry.ts';
import { containerIds } from '../config/container-ids.ts';
import { internalNames, planNetworks } from '../config/networks.ts';
import { parsePort } from '../config/ports.ts';
import type { OneShotConfig, ServiceConfig } from '../config/system-config.ts';
import { withVolumeFolders } from '../config/volumes.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { apkDatabase } from './apk-database.ts';
import { containerBundle, type Section } from './bundle/bundle.ts';
import { bundleJson } from './bundle/bundle-json.ts';
import { type Member, planFiles } from './bundle/container-network.ts';
import { engineFiles, isBuiltin } from './bundle/engine.ts';
import { supervisionOf } from './bundle/supervision.ts';
import { containerId, planUserBases } from './bundle/user-range.ts';
import { fileEntries } from './files-section.ts';
import { imageSegment, layerBytes, resolvConfLink } from './image-segment.ts';
import { onlyModules } from './kept-modules.ts';
import { kernelTarEntries } from './kernel-image.ts';
import { folder, parentFolders, textFile } from './place-image.ts';
import { type Segment, segmentKey } from './segment.ts';
import { volumeSegments } from './volume-segments.ts';

export function systemTree(plan: Plan, blobs: BlobFolder): Segment[] {
	const { config, keptModules } = plan;
	const segments: Segment[] = [];
	if (config.kernel !== null) {
		const image = imageOf(plan, config.kernel.image);
		const tar = config.kernel.tar ?? 'kernel.tar';
		segments.push({
			name: `${config.kernel.image} (modules)`,
			key: segmentKey('kernel', image.manifest.digest, tar, ...[...(keptModules ?? [])].sort()),
			boots: true,
			sizeHintBytes: layerBytes(image),
			entries() {
				if (tar === 'none') return nothing();
				const all = kernelTarEntries(blobs, image, tar);
				return keptModules === undefined ? all : onlyModules(all, keptModules);
			},
		});
	}
	for (const { image: name } of config.init)
		segments.push({ ...imageSegment(imageOf(plan, name), name, blobs, '', resolvConfLink), boots: true });
	if (config.init.length > 1) segments.push(apkDatabase(plan, blobs));
	for (const volume of config.volumes) segments.push(...volumeSegments(volume, plan, blobs));
	const shared = new Map<string, string>();
	const members: Member[] = [];
	for (const section of ['onboot', 'onshutdown', 'services'] as const) {
		for (const [index, container] of config[section].entries()) {
			const parts = containerSegments(plan, blobs, section, index, container, shared, members);
			const mark = section === 'services' ? { service: container.name } : {};
			segments.push(...parts.map((part) => ({ ...part, ...mark })));
		}
	}
	segments.push({
		name: 'files',
		key: null,
		sizeHintBytes: 0,
		entries: () => fileEntries(config.files, { ids: containerIds(config), config }),
	});
	return segments;
}

function containerSegments(
	plan: Plan,
	blobs: BlobFolder,
	section: Section,
	index: number,
	container: ServiceConfig | OneShotConfig,
	shared: Map<string, string>,
	members: Member[],
): Segment[] {
	const image = imageOf(plan, container.image);
	const userBase = planUserBases(plan.config).get(containerId(section, index, container.name)) ?? 0;
	const earlier = shared.get(image.manifest.digest) ?? null;
	const bundle = containerBundle({
		section,
		index,
		sharedImage: earlier,
		userBase,
		container: withVolumeFolders(container),
		image: image.config.config,
		architecture: image.config.architecture,
		isNativeOnly: plan.nativeImages?.has(image.manifest.digest) === true,
		ids: containerIds(plan.config),
		internal: internalNames(plan.config.networks),
	});
	if (bundle.userBase === null) shared.set(image.manifest.digest, bundle.imagePath);
	const sharedImage = bundle.userBase === null ? earlier : null;
	const ranges = planNetworks(plan.config.networks);
	const { directory, spec, runtime, readonly, networkId, networks } = bundle;
	const member = networkId === null ? null : { id: networkId, isService: section === 'services', networks };
	if (member !== null) members.push(member);
	const supervision = supervisionOf(container, section === 'services' ? image.config.config : {});
	const around: Segment = {
		name: `${section}/${container.name}`,
		key: null,
		sizeHintBytes: 0,
		entries: () =>
			stream([
				// The image's segment, if there is one, has them.
				...(sharedImage === null ? [] : parentFolders(directory)),
				textFile(`${directory}/config.json`, bundleJson(spec)),
				...(readonly ? [] : [folder(`${directory}/tmp`)]),
				...(readonly && sharedImage === null ? [] : [folder(`${directory}/rootfs`)]),
				textFile(`${directory}/runtime.json`, bundleJson(runtime)),
				...(supervision === null ? [] : [textFile(`${directory}/supervision.json`, bundleJson(supervision))]),
				...(isBuiltin(container, section, plan.config)
					? engineFiles(directory, spec, image.config.architecture)
					: []),
				// All containers are known by the time that entries are read.
				...(member === null ? [] : networkFiles(directory, member, container, planFiles(ranges, members))),
			]),
	};
	if (sharedImage !== null) return [around];
	const { imagePath, userBase: owner } = bundle;
	return [imageSegment(image, container.image, blobs, imagePath.slice(1), null, owner), around];
}

function portsOf(container: ServiceConfig | OneShotConfig): readonly PublishedPort[] {
	const texts = 'ports' in container ? (container.ports ?? []) : [];
	return texts.map(parsePort).filter((port) => port !== null);
}

function networkFiles(
	directory: string,
	member: Member,
	container: ServiceConfig | OneShotConfig,
	filesOf: ReturnType<typeof planFiles>,
): FileEntry[] {
	const { network, hosts } = filesOf(member, portsOf(container));
	return [
		textFile(`${directory}/${bundleFiles.network}`, bundleJson(network)),
		textFile(`${directory}/${bundleFiles.hosts}`, hosts),
	];
}

async function* stream(entries: readonly Entry[]): AsyncGenerator<Entry, void> {
	yield* entries;
}

async function* nothing(): AsyncGenerator<Entry, void> {}
