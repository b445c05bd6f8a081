// A container of the YAML as an OCI bundle: its directory, `config.json` and `runtime.json`.
//
// Read-write containers have their image under `lower/`, a tmpfs on `tmp/` and an overlay of the two on `rootfs/`;
// read-only ones have the image directly under `rootfs/`. A second container of the same image uses the first one's.

import { configLabel } from '../../../supervisor/contract/labels.ts';
import { bundleFiles } from '../../../supervisor/contract/layout.ts';
import type { RuntimeConfig } from '../../../supervisor/contract/runtime-config.ts';
import type { RuntimeSpec } from '../../../supervisor/contract/runtime-spec.ts';
import type { ImageDefaultsJson } from '../../../supervisor/image/image-config.ts';
import { capabilitiesProblem } from '../../config/checks.ts';
import { ConfigError } from '../../config/config-error.ts';
import { idProblem } from '../../config/container-ids.ts';
import { networksOf } from '../../config/networks.ts';
import type { ContainerConfig, ContainerSettings, RuntimeSection } from '../../config/system-config.ts';
import { withApplets } from './applets.ts';
import { namespacePath } from './container-network.ts';
import { labelSettings, withDefaults } from './image-label.ts';
import { runtimeSpec } from './runtime-spec.ts';
import { supervisionOf } from './supervision.ts';
import { autoWord, containerId, rangeProblem, withBoundSys, withMappings } from './user-range.ts';

export type Section = 'onboot' | 'onshutdown' | 'services';

interface BundleInput {
	readonly section: Section;
	/** The position in the section, from 0. */
	readonly index: number;
	readonly container: ContainerConfig;
	readonly image: ImageDefaultsJson;
	/** The image's: `amd64`. */
	readonly architecture: string;
	/** See `Plan.nativeImages`. */
	readonly isNativeOnly?: boolean;
	readonly ids: ReadonlyMap<string, number>;
	/** The names of the networks whose containers reach each other alone. Default: none. */
	readonly internal?: readonly string[];
	/** The first user of its range, for `userns: auto` (user-range.ts). */
	readonly userBase: number;
	/** The absolute path in the guest where an earlier container has this image; null for the first one. */
	readonly sharedImage: string | null;
}

export interface Bundle {
	/** A relative path: `containers/onboot/000-name`. */
	readonly directory: string;
	readonly readonly: boolean;
	/** The place of the image: `DIRECTORY/lower` or `DIRECTORY/rootfs`, or that of the earlier container. */
	readonly imagePath: string;
	readonly spec: RuntimeSpec;
	readonly runtime: RuntimeConfig;
	/** The id of a container with networks of its own in the plan of addresses, else null. A service has its name. */
	readonly networkId: string | null;
	/** The names of these networks. */
	readonly networks: readonly string[];
	/** The user of the system that is the container's root with `userns: auto`; else null. */
	readonly userBase: number | null;
}

export function containerBundle(input: BundleInput): Bundle {
	const { section, index, container } = input;
	const labels = input.image.Labels;
	const given = withDefaults(container, labelSettings(labels, container.image));
	const asked = withApplets(given, labels, container.image);
	refuseUnfit(asked, input);
	const hasRange = asked.userns === autoWord;
	const settings = hasRange ? withMappings(asked, input.userBase) : asked;
	const readonly = settings.readonly === true;
	const number = section === 'services' ? '' : `${String(index).padStart(3, '0')}-`;
	const directory = `containers/${section}/${number}${container.name}`;
	const networks = networksOf({ net: settings.net, networks: container.networks });
	const networkId = networks.length === 0 ? null : containerId(section, index, container.name);
	const ownPath = `/${directory}/${readonly ? 'rootfs' : 'lower'}`;
	// The files of a range belong to that container alone.
	const imagePath = hasRange ? ownPath : (input.sharedImage ?? ownPath);
	const reachesOut = networks.some((name) => !(input.internal ?? []).includes(name));
	const spec = runtimeSpec(
		networkId === null
			? settings
			: {
					...settings,
					net: namespacePath(networkId),
					binds: [...networkBinds(directory, reachesOut, hasRange), ...(settings.binds ?? [])],
				},
		input.image,
		input.architecture,
		input.ids,
		input.isNativeOnly === true,
	);
	return {
		directory,
		readonly,
		imagePath,
		spec: hasRange ? withBoundSys(spec) : spec,
		runtime: runtimeConfig(`/${directory}`, readonly, imagePath, settings.runtime ?? {}),
		networkId,
		networks,
		userBase: hasRange ? input.userBase : null,
	};
}

/** Binds of the YAML come after these, so that a container may have an /etc/hosts of its own. */
function networkBinds(directory: string, hasWayOut: boolean, hasRange: boolean): readonly string[] {
	const resolvConf = '/etc/resolv.conf';
	// The file is below /run, whose flags a mount in another user namespace can't take off (mount_namespaces(7)).
	const options = hasRange ? 'ro,nosuid,nodev,noexec' : 'ro';
	return [
		`/${directory}/${bundleFiles.hosts}:/etc/hosts:ro`,
		...(hasWayOut ? [`${resolvConf}:${resolvConf}:${options}`] : []),
	];
}

/** Throws a `ConfigError` for problems that only the settings of label and YAML together have; each alone is checked. */
function refuseUnfit(settings: ContainerSettings, { container, ids, image }: BundleInput): void {
	const label = `with the label ${configLabel} of ${container.image}`;
	const users = [settings.uid, settings.gid, ...(settings.additionalGids ?? [])];
	const messages = [
		...[capabilitiesProblem(settings.capabilities ?? [])].map((problem) =>
			problem === null ? null : `capabilities ${label}: ${problem}`,
		),
		...users.map((user) => {
			const problem = idProblem(user, ids);
			return problem === null ? null : `user ${label}: ${problem}`;
		}),
		settings.userns === autoWord
			? (rangeProblem(settings) ?? probeProblem(settings, container, image))
			: null,
	].filter((message) => message !== null);
	if (messages.length === 0) return;
	throw new ConfigError(messages.map((message) => ({ at: container.at, message, excerpt: '' })));
}

/** runc enters the user namespace first, which has no power over a network that is not its own (setns(2)). */
function probeProblem(
	settings: ContainerSettings,
	container: ContainerConfig,
	image: ImageDefaultsJson,
): string | null {
	const { net = '' } = settings;
	const joins = networksOf({ net, networks: container.networks }).length > 0 || net.startsWith('/');
	const { ready, health } = supervisionOf(container, image) ?? {};
	if (!joins || ![ready, health].some((probe) => probe !== undefined && 'exec' in probe.how)) return null;
	return (
		'"userns: auto" with a network of the system has no probes by "exec": runc can\'t enter such a container. ' +
		'Use "tcp", "http" or "file" in "ready" and "health" ("health: none" for the check of the image), or "net: new".'
	);
}

function runtimeConfig(
	folder: string,
	readonly: boolean,
	image: string,
	given: RuntimeSection,
): RuntimeConfig {
	const bindNS = given.bindNS ?? {};
	return {
		cgroups: given.cgroups ?? [],
		mounts: [
			...(readonly ? readOnlyRoot(folder, image) : overlayRoot(folder, image)),
			...(given.mounts ?? []).map((mount) => ({ ...orderedMount(mount) })),
		],
		mkdir: given.mkdir ?? [],
		interfaces: (given.interfaces ?? []).map(({ name = '', add = '', peer = '', createInRoot }) => ({
			...(name === '' ? {} : { name }),
			...(add === '' ? {} : { add }),
			...(peer === '' ? {} : { peer }),
			createInRoot: createInRoot ?? false,
		})),
		bindNS: {
			cgroup: bindNS.cgroup ?? '',
			ipc: bindNS.ipc ?? '',
			mnt: bindNS.mnt ?? '',
			net: bindNS.net ?? '',
			pid: bindNS.pid ?? '',
			user: bindNS.user ?? '',
			uts: bindNS.uts ?? '',
		},
		namespace: given.namespace ?? '',
	};
}

function readOnlyRoot(folder: string, image: string) {
	return [{ destination: `${folder}/rootfs`, source: image, options: ['bind'] }];
}

function overlayRoot(folder: string, image: string) {
	const layers = [`lowerdir=${image}`, `upperdir=${folder}/tmp/upper`, `workdir=${folder}/tmp/work`];
	return [
		{ destination: `${folder}/tmp`, type: 'tmpfs', source: 'tmpfs' },
		{ destination: `${folder}/tmp`, options: ['remount', 'private'] },
		{ destination: `${folder}/rootfs`, type: 'overlay', source: 'overlay', options: layers },
	];
}

/** Puts the keys into the order of the runtime-spec. */
function orderedMount(mount: NonNullable<RuntimeSection['mounts']>[number]) {
	const { destination = '', type = '', source = '', options = [] } = mount;
	return {
		destination,
		...(type === '' ? {} : { type }),
		...(source === '' ? {} : { source }),
		...(options.length === 0 ? {} : { options }),
	};
}
