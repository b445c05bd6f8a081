// Names in words what a container's settings grant beyond the defaults of every container, and marks what amounts to the power
// of root over the whole system. Whether the settings come from the YAML or from an image's label is the concern of
// `label-privileges.ts`.

import { posix } from 'node:path';
import { capabilityNames } from '../../../supervisor/contract/capabilities.ts';
import {
	defaultMaskedPaths,
	defaultReadonlyPaths,
} from '../../../supervisor/contract/default-confinement.ts';
import type { ContainerSettings, DeviceConfig, MountConfig } from '../../config/system-config.ts';
import { heldCapabilities } from './confinement.ts';

export interface Privilege {
	readonly text: string;
	/** A program with it can do all that root of the system can. */
	readonly isRootPower: boolean;
}

/** capabilities(7): each of them is enough to get the others. */
const rootCapabilities: ReadonlySet<string> = new Set([
	'CAP_BPF',
	'CAP_SYS_ADMIN',
	'CAP_SYS_MODULE',
	'CAP_SYS_PTRACE',
	'CAP_SYS_RAWIO',
	'CAP_DAC_READ_SEARCH',
	'CAP_MKNOD',
]);

/** Directories whose bind gives the system away: sockets of containerd and PID 1, devices, or the system's own files. */
const systemDirectories = [
	'/bin',
	'/boot',
	'/containers',
	'/dev',
	'/etc',
	'/init',
	'/lib',
	'/lib64',
	'/proc',
	'/root',
	'/run/containerd',
	'/run/slipway',
	'/sbin',
	'/sys',
	'/usr',
	'/var/lib/containerd',
];

/** Character devices that are the machine's memory and ports (mem(4)), with the minor numbers of major 1. */
const memoryDevices: ReadonlyMap<string, number> = new Map([
	['/dev/mem', 1],
	['/dev/kmem', 2],
	['/dev/port', 4],
]);

/** Returns the privileges in the order of the YAML's keys; empty for a container that has the defaults alone. */
export function privilegesOf(settings: ContainerSettings): readonly Privilege[] {
	return [
		...capabilityPrivileges(settings),
		...namespacePrivileges(settings),
		...(settings.binds ?? []).map(bindPrivilege),
		...(settings.mounts ?? []).flatMap(mountPrivilege),
		...(settings.devices ?? []).map((device): Privilege => {
			const { path, type } = device;
			const text = path === 'all' ? `all devices of type ${type ?? ''}` : `the device ${path}`;
			return { text, isRootPower: path === 'all' || type === 'b' || isMemory(device) };
		}),
		...confinementPrivileges(settings),
		...Object.keys(settings.sysctl ?? {}).map((name) => lesser(`the kernel parameter ${name}`)),
		...limitPrivileges(settings),
		...(settings.runtime?.mounts ?? []).map(({ destination = '' }) =>
			power(`a mount on ${destination} of the system's root`),
		),
		...(settings.runtime?.cgroups ?? []).map((path) => lesser(`the cgroup ${path} of the system`)),
		...(settings.runtime?.mkdir ?? []).map((path) => lesser(`the directory ${path} on the system's root`)),
		...(settings.runtime?.interfaces ?? []).map(({ name = '' }) => lesser(`the network interface ${name}`)),
		...Object.entries(settings.runtime?.bindNS ?? {})
			.filter(([, path]) => path !== '')
			.map(([kind, path]) => lesser(`its ${kind} namespace bound to ${path} of the system's root`)),
	];
}

/** A node may have another name. */
function isMemory({ path, major, minor }: DeviceConfig): boolean {
	if (memoryDevices.has(systemPath(path))) return true;
	return Number(major) === 1 && [...memoryDevices.values()].includes(Number(minor ?? 0));
}

function power(text: string): Privilege {
	return { text, isRootPower: true };
}

function lesser(text: string): Privilege {
	return { text, isRootPower: false };
}

function capabilityPrivileges(settings: ContainerSettings): readonly Privilege[] {
	const held = heldCapabilities(settings);
	if (held.length === capabilityNames.length) return [power('all capabilities')];
	return held.map((name) => ({ text: name, isRootPower: rootCapabilities.has(name) }));
}

/** The network, ipc and uts namespaces are the system's by default; the others are the container's own. */
function namespacePrivileges({ pid = '', net = '', ipc = '', uts = '', userns = '' }: ContainerSettings) {
	const joined = { pid, net, ipc, uts, user: userns };
	return [
		...(pid === 'host' || pid === 'root' ? [lesser("the system's processes (pid: host)")] : []),
		...Object.entries(joined)
			.filter(([, value]) => value.startsWith('/'))
			.map(([kind, path]) => lesser(`the ${kind} namespace ${path}`)),
	];
}

function bindPrivilege(text: string): Privilege {
	const [source = '', , options = ''] = text.split(':');
	const isReadonly = options.split(',').includes('ro');
	return sourcePrivilege(source, isReadonly);
}

/** What these show is the container's own. */
const ownFileSystems: ReadonlySet<string> = new Set(['tmpfs', 'devpts', 'mqueue']);
/** Read-only, these change nothing. */
const kernelFileSystems: ReadonlySet<string> = new Set(['proc', 'sysfs', 'cgroup', 'cgroup2']);

/** Others have what a path or a device of the system holds (overlay, ext4), the kernel's own (debugfs), or what another machine says. */
function mountPrivilege({
	type = '',
	source = '',
	destination = '',
	options = [],
}: MountConfig): readonly Privilege[] {
	const isReadonly = options.includes('ro');
	const place = destination === '' ? '' : ` on ${destination}`;
	if (type === 'bind' || options.some((option) => option === 'bind' || option === 'rbind'))
		return [sourcePrivilege(source, isReadonly)];
	// It changes the file system for everybody who has it.
	if (options.includes('remount')) return [power(`a remount${place}`)];
	const device = systemPath(source);
	if (device.startsWith('/dev/')) return [power(`a mount of the device ${device}`)];
	const kind = type === '' ? source : type;
	if (ownFileSystems.has(kind) || (kernelFileSystems.has(kind) && isReadonly)) return [];
	return [power(`a ${isReadonly ? 'read-only' : 'writable'} mount of ${kind}${place}`)];
}

/** Returns the path without what hides where it leads: `/srv/../dev`, `//dev`, and the link that every system has. */
function systemPath(path: string): string {
	const plain = posix
		.normalize(path)
		.replace(/^\/+/, '/')
		.replace(/(.)\/$/, '$1');
	return plain.replace(/^\/var\/run(?=\/|$)/, '/run');
}

function sourcePrivilege(source: string, isReadonly: boolean): Privilege {
	const path = systemPath(source);
	const holds = (directory: string): boolean =>
		path === '/' || directory === path || directory.startsWith(`${path}/`);
	const isSystem =
		systemDirectories.some(holds) || /^\/(?:run\/(?:containerd|slipway)|proc|sys|dev)\//.test(path);
	// A socket takes requests through a read-only bind, too.
	const hasSockets = holds('/run/containerd') || holds('/run/slipway');
	const how = isReadonly ? ', read-only' : '';
	return { text: `a bind of ${path}${how}`, isRootPower: isSystem && (!isReadonly || hasSockets) };
}

/** A service has limits by default, which its own `pids` and `memory` replace (supervisor/bundle/default-limits.ts). */
function limitPrivileges({
	resources = {},
	oomScoreAdj = 0,
	cgroupsPath = '',
	rootfsPropagation = '',
}: ContainerSettings) {
	const own = (['pids', 'memory'] as const).filter((key) => resources[key] !== undefined);
	return [
		...own.map((key) => lesser(`a limit of its own in resources: ${key}`)),
		...(oomScoreAdj < 0 ? [lesser(`an oomScoreAdj of ${oomScoreAdj}`)] : []),
		...(cgroupsPath === '' ? [] : [lesser(`the cgroup ${cgroupsPath}`)]),
		...(/shared/.test(rootfsPropagation) ? [lesser('mounts that appear outside (rootfsPropagation)')] : []),
	];
}

function confinementPrivileges({ maskedPaths, readonlyPaths, seccomp, noNewPrivileges }: ContainerSettings) {
	const shown = defaultMaskedPaths.filter((path) => !(maskedPaths ?? defaultMaskedPaths).includes(path));
	const writable = defaultReadonlyPaths.filter(
		(path) => !(readonlyPaths ?? defaultReadonlyPaths).includes(path),
	);
	return [
		...(shown.length === 0 ? [] : [lesser(`a view of ${shown.join(', ')}`)]),
		...(writable.length === 0 ? [] : [power(`write access to ${writable.join(', ')}`)]),
		...(seccomp === 'unconfined' ? [lesser('every system call (seccomp: unconfined)')] : []),
		...(typeof seccomp === 'object' ? [lesser('a seccomp profile of its own')] : []),
		...(noNewPrivileges === false ? [lesser('programs that gain privileges (noNewPrivileges: false)')] : []),
	];
}
