// `config.json`: a container's settings as the OCI runtime-spec, equal to what LinuxKit writes (its moby/config.go).

import type {
	Capabilities,
	Namespace,
	Process,
	Rlimit,
	RuntimeSpec,
} from '../../supervisor/contract/runtime-spec.ts';
import { expandCapabilities } from '../config/capabilities.ts';
import { resolveId } from '../config/container-ids.ts';
import type { ContainerSettings, HugepageLimit, IdMapping } from '../config/system-config.ts';
import type { ImageDefaultsJson } from '../image/image-config.ts';
import { containerMounts } from './container-mounts.ts';

const ociVersion = '1.2.1';

/** @param settings - the YAML's, with the label's defaults */
export function runtimeSpec(
	settings: ContainerSettings,
	image: ImageDefaultsJson,
	ids: ReadonlyMap<string, number>,
): RuntimeSpec {
	return compact({
		ociVersion,
		process: processOf(settings, image, ids),
		root: compact({ path: 'rootfs', readonly: settings.readonly === true ? true : undefined }),
		hostname: nonEmpty(settings.hostname),
		mounts: containerMounts(settings),
		annotations: sortedMap(settings.annotations),
		linux: linuxOf(settings),
	});
}

function processOf(
	settings: ContainerSettings,
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
		// A container without a program is written as LinuxKit does, without `args`: runc says what is missing.
		args: nonEmptyList(settings.command ?? imageCommand) as readonly string[],
		env: nonEmptyList(settings.env ?? image.Env ?? []),
		cwd: nonEmpty(settings.cwd) ?? nonEmpty(image.WorkingDir) ?? '/',
		capabilities: capabilitiesOf(settings),
		rlimits: nonEmptyList((settings.rlimits ?? []).map(rlimitOf)),
		noNewPrivileges: settings.noNewPrivileges === true ? true : undefined,
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

/** ECMAScript 2025's `JSON.rawJSON`, which TypeScript's library does not know yet. */
const json = JSON as unknown as { rawJSON(text: string): number };

/** `unlimited` is RLIM_INFINITY (getrlimit(2)), a number that only raw JSON can hold. */
function limit(text: string): number {
	const digits = /^unlimited$/i.test(text) ? '18446744073709551615' : text;
	return json.rawJSON(BigInt(digits).toString());
}

function linuxOf(settings: ContainerSettings): RuntimeSpec['linux'] {
	const devices = settings.devices ?? [];
	const resources: Record<string, unknown> = { ...settings.resources };
	// LinuxKit's YAML says `blockio`, the runtime-spec `blockIO`.
	if (resources['blockio'] !== undefined) {
		resources['blockIO'] = resources['blockio'];
		delete resources['blockio'];
	}
	if (settings.resources?.hugepageLimits !== undefined) {
		resources['hugepageLimits'] = settings.resources.hugepageLimits.map(hugepageLimit);
	}
	const given = Array.isArray(resources['devices']) ? (resources['devices'] as readonly unknown[]) : [];
	const rules = devices.map((device) =>
		device.path === 'all'
			? { allow: true, type: device.type, access: 'rwm' }
			: compact({ allow: true, type: device.type, major: device.major, minor: device.minor, access: 'rwm' }),
	);
	if (given.length + rules.length > 0) resources['devices'] = [...given, ...rules];
	const nodes = devices.filter((device) => device.path !== 'all');
	return compact({
		uidMappings: nonEmptyList((settings.uidMappings ?? []).map(mappingOf)),
		gidMappings: nonEmptyList((settings.gidMappings ?? []).map(mappingOf)),
		sysctl: sortedMap(settings.sysctl),
		resources,
		cgroupsPath: nonEmpty(settings.cgroupsPath),
		namespaces: namespacesOf(settings),
		devices: nonEmptyList(
			nodes.map(({ path, type, major, minor, mode }) => ({
				...{ path, type, major: major ?? 0, minor: minor ?? 0 },
				fileMode: Number.parseInt(mode ?? '0', 8),
			})),
		),
		rootfsPropagation: nonEmpty(settings.rootfsPropagation),
		maskedPaths: nonEmptyList(settings.maskedPaths ?? []),
		readonlyPaths: nonEmptyList(settings.readonlyPaths ?? []),
	});
}

/** LinuxKit's YAML counts kB as /proc/meminfo does; the runtime-spec has the kernel's name of the size, `2MB`. */
function hugepageLimit({ pageSize, limit }: HugepageLimit) {
	const units = ['KB', 'MB', 'GB'] as const;
	let size = pageSize ?? 0;
	let unit = 0;
	while (size >= 1024 && size % 1024 === 0 && unit < units.length - 1) {
		size /= 1024;
		unit++;
	}
	return { pageSize: `${size}${units[unit]}`, limit: limit ?? 0 };
}

function mappingOf(mapping: IdMapping) {
	return { containerID: mapping.containerID ?? 0, hostID: mapping.hostID ?? 0, size: mapping.size ?? 0 };
}

/** Only pid and mount are new unless something else is said; a path joins a namespace that is there. */
function namespacesOf(settings: ContainerSettings): Namespace[] {
	const shared = { network: settings.net, ipc: settings.ipc, uts: settings.uts };
	const namespaces: Namespace[] = [];
	const add = (type: Namespace['type'], value: string): void => {
		if (value === '' || value === 'host' || value === 'root') return;
		namespaces.push(value === 'new' || value === 'none' ? { type } : { type, path: value });
	};
	for (const [type, value] of Object.entries(shared)) add(type as Namespace['type'], value ?? '');
	add('pid', settings.pid === undefined || settings.pid === '' ? 'new' : settings.pid);
	add('user', settings.userns ?? '');
	return [...namespaces, { type: 'mount' }];
}

function nonEmpty(text: string | undefined): string | undefined {
	return text === '' ? undefined : text;
}

function nonEmptyList<T>(list: readonly T[]): readonly T[] | undefined {
	return list.length === 0 ? undefined : list;
}

function sortedMap(map: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
	const pairs = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
	return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

type Compact<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Leaves out what is undefined, keeping the order of the rest. */
function compact<T extends object>(value: T): Compact<T> {
	return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Compact<T>;
}
