// `config.json`: a container's settings as the OCI runtime-spec, equal to what LinuxKit writes (its moby/config.go).

import { expandCapabilities } from '../../../supervisor/contract/capabilities.ts';
import {
	type Capabilities,
	type Namespace,
	ociVersion,
	type Process,
	type Rlimit,
	type RuntimeSpec,
} from '../../../supervisor/contract/runtime-spec.ts';
import type { ImageDefaultsJson } from '../../../supervisor/image/image-config.ts';
import { rawNumber } from '../../config/big-numbers.ts';
import { resolveId } from '../../config/container-ids.ts';
import type { ContainerSettings } from '../../config/system-config.ts';
import { type Confinement, confinementOf } from './confinement.ts';
import { containerMounts, fullMapping, nonEmpty } from './container-mounts.ts';
import { resourcesOf } from './resources.ts';

/**
 * @param settings - the YAML's, with the label's defaults
 * @param architecture - the image's: `amd64`
 * @param isNativeOnly - the image has no program of the processor's 32-bit relative
 */
export function runtimeSpec(
	settings: ContainerSettings,
	image: ImageDefaultsJson,
	architecture: string,
	ids: ReadonlyMap<string, number>,
	isNativeOnly: boolean,
): RuntimeSpec {
	const confinement = confinementOf(settings, architecture, isNativeOnly);
	return compact({
		ociVersion,
		process: processOf(settings, confinement, image, ids),
		root: compact({ path: 'rootfs', readonly: settings.readonly === true ? true : undefined }),
		hostname: nonEmpty(settings.hostname),
		mounts: containerMounts(settings),
		annotations: sortedMap(settings.annotations),
		linux: linuxOf(settings, confinement),
	});
}

function processOf(
	settings: ContainerSettings,
	confinement: Confinement,
	image: ImageDefaultsJson,
	ids: ReadonlyMap<string, number>,
): Process {
	const imageCommand = [...(image.Entrypoint ?? []), ...(image.Cmd ?? [])];
	const groups = (settings.additionalGids ?? []).map((id) => resolveId(id, ids));
	return compact({
		user: compact({
			uid: resolveId(settings.uid, ids),
			gid: resolveId(settings.gid, ids),
			additionalGids: nonEmptyList(groups),
		}),
		// A container without a program has no `args`, as in LinuxKit: runc reports what is missing.
		args: nonEmptyList(settings.command ?? imageCommand) as readonly string[],
		env: nonEmptyList(settings.env ?? image.Env ?? []),
		cwd: nonEmpty(settings.cwd) ?? nonEmpty(image.WorkingDir) ?? '/',
		capabilities: capabilitiesOf(settings),
		rlimits: nonEmptyList((settings.rlimits ?? []).map(rlimitOf)),
		noNewPrivileges: confinement.noNewPrivileges ? true : undefined,
		apparmorProfile: confinement.apparmorProfile ?? undefined,
		oomScoreAdj: settings.oomScoreAdj,
	});
}

function capabilitiesOf(settings: ContainerSettings): Capabilities {
	const effective = expandCapabilities(settings.capabilities ?? []);
	const ambient = expandCapabilities(settings.ambient ?? []);
	const bounding = nonEmptyList([...new Set([...effective, ...ambient])].sort());
	return compact({
		bounding,
		effective: nonEmptyList(effective),
		inheritable: bounding,
		permitted: bounding,
		ambient: nonEmptyList(ambient),
	});
}

function rlimitOf(text: string): Rlimit {
	const [name = '', soft = '', hard = ''] = text.split(',').map((part) => part.trim());
	const upper = name.toUpperCase();
	return {
		type: upper.startsWith('RLIMIT_') ? upper : `RLIMIT_${upper}`,
		hard: limit(hard),
		soft: limit(soft),
	};
}

/** `unlimited` is RLIM_INFINITY (getrlimit(2)), a number that only raw JSON can hold. */
function limit(text: string): number {
	const digits = /^unlimited$/i.test(text) ? '18446744073709551615' : text;
	return rawNumber(BigInt(digits));
}

function linuxOf(settings: ContainerSettings, confinement: Confinement): RuntimeSpec['linux'] {
	const devices = settings.devices ?? [];
	const nodes = devices.filter((device) => device.path !== 'all');
	return compact({
		uidMappings: nonEmptyList((settings.uidMappings ?? []).map(fullMapping)),
		gidMappings: nonEmptyList((settings.gidMappings ?? []).map(fullMapping)),
		sysctl: sortedMap(settings.sysctl),
		resources: resourcesOf(settings.resources ?? {}, devices),
		cgroupsPath: nonEmpty(settings.cgroupsPath),
		namespaces: namespacesOf(settings),
		devices: nonEmptyList(
			nodes.map(({ path, type, major, minor, mode }) => ({
				path,
				type: type ?? '',
				major: major ?? 0,
				minor: minor ?? 0,
				fileMode: Number.parseInt(mode ?? '0', 8),
			})),
		),
		seccomp: confinement.seccomp ?? undefined,
		rootfsPropagation: nonEmpty(settings.rootfsPropagation),
		maskedPaths: nonEmptyList(confinement.maskedPaths),
		readonlyPaths: nonEmptyList(confinement.readonlyPaths),
	});
}

/** Only pid and mount are new by default; a path joins an existing namespace. */
function namespacesOf(settings: ContainerSettings): Namespace[] {
	const { net = '', ipc = '', uts = '', pid = '', userns = '' } = settings;
	const own = (type: Namespace['type'], value: string): Namespace[] => {
		if (value === '' || value === 'host' || value === 'root') return [];
		// Only the network can be "none"; elsewhere LinuxKit treats the word as a path.
		return value === 'new' || (type === 'network' && value === 'none') ? [{ type }] : [{ type, path: value }];
	};
	return [
		...own('network', net),
		...own('ipc', ipc),
		...own('uts', uts),
		...own('pid', pid === '' ? 'new' : pid),
		...own('user', userns),
		{ type: 'mount' },
	];
}

function nonEmptyList<T>(list: readonly T[]): readonly T[] | undefined {
	return list.length === 0 ? undefined : list;
}

function sortedMap(map: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
	const pairs = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
	return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

type Compact<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Removes undefined values and keeps the order of the rest. */
function compact<T extends object>(value: T): Compact<T> {
	return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Compact<T>;
}
