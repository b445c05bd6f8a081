// The built-in engine (supervisor/engine) can't do all that a bundle may ask for: the host refuses the rest when a system is
// built, and PID 1 again before it runs the container. Pure. The keys are those of the OCI runtime-spec (config.md,
// config-linux.md).

import { isRecord, type JsonRecord } from './json-shape.ts';
import type { RuntimeConfig } from './runtime-config.ts';
import type { RuntimeSpec } from './runtime-spec.ts';

export interface EngineRefusal {
	/** The key in `config.json` or `runtime.json`, such as `linux.intelRdt`. */
	readonly key: string;
	/** What it can't do, as the end of a sentence: "hooks". */
	readonly what: string;
}

const namespaceTypes = ['pid', 'network', 'mount', 'ipc', 'uts', 'cgroup'];
const linuxKeys = [
	...['cgroupsPath', 'devices', 'maskedPaths', 'mountLabel', 'namespaces', 'readonlyPaths', 'resources'],
	...['rootfsPropagation', 'seccomp', 'sysctl'],
];
const resourceKeys = ['cpu', 'devices', 'memory', 'pids', 'unified'];
const memoryKeys = ['limit', 'reservation', 'swap'];
const cpuKeys = ['shares', 'quota', 'period', 'cpus', 'mems'];
const seccompArchitectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'];
/** Options of mounts that runc knows and mount(2) does not. */
const mountOptions =
	/^(?:tmpcopyup|r?idmap|rro|rrw|rnosuid|rsuid|rnodev|rdev|rnoexec|rexec|r(?:no|strict|rel)?atime)$/;

/** Returns all that the engine refuses, in the order of the file; none for a container that it takes. */
export function engineRefusals(spec: RuntimeSpec, runtime: RuntimeConfig): readonly EngineRefusal[] {
	const process: JsonRecord = { ...spec.process };
	const linux: JsonRecord = { ...spec.linux };
	return [
		...(isRecord((spec as unknown as JsonRecord)['hooks']) ? [refused('hooks', 'hooks')] : []),
		...(process['terminal'] === true ? [refused('process.terminal', 'a terminal')] : []),
		...given(process, 'process', [
			'apparmorProfile',
			'selinuxLabel',
			'ioPriority',
			'scheduler',
			'execCPUAffinity',
		]),
		...Object.entries(linux).flatMap(([key, value]) =>
			linuxKeys.includes(key) || isEmpty(value) ? [] : [refused(`linux.${key}`, `"linux.${key}"`)],
		),
		...namespaceRefusals(spec),
		...(spec.mounts ?? []).flatMap(({ destination, options = [] }) => {
			const option = options.find((each) => mountOptions.test(each));
			return option === undefined
				? []
				: [refused('mounts', `the mount option "${option}" of ${destination}`)];
		}),
		...resourceRefusals(linux['resources']),
		...seccompRefusals(spec),
		...(runtime.interfaces.length > 0 ? [refused('runtime.interfaces', '"runtime.interfaces"')] : []),
		...(Object.values(runtime.bindNS).some((path) => path !== '')
			? [refused('runtime.bindNS', '"runtime.bindNS"')]
			: []),
	];
}

/** Returns a sentence for people. */
export function refusalText(refusals: readonly EngineRefusal[]): string {
	const what = refusals.map((each) => each.what).join(', ');
	return `the built-in engine can't do ${what}. Use runc, which is the default.`;
}

function refused(key: string, what: string): EngineRefusal {
	return { key, what };
}

function namespaceRefusals({ hostname, linux = {} }: RuntimeSpec): EngineRefusal[] {
	const namespaces = linux.namespaces ?? [];
	const has = (type: string) => namespaces.some((each) => each.type === type);
	const isOwn = (type: string) => namespaces.some((each) => each.type === type && each.path === undefined);
	const sysctls = isRecord(linux['sysctl']) ? Object.keys(linux['sysctl']) : [];
	return [
		...namespaces
			.filter(({ type }) => !namespaceTypes.includes(type))
			.map(({ type }) => refused('linux.namespaces', `a ${type} namespace`)),
		...(isOwn('mount')
			? []
			: [refused('linux.namespaces', 'a container without a mount namespace of its own')]),
		...(hostname === undefined || hostname === '' || has('uts')
			? []
			: [refused('hostname', '"hostname" without "uts: new", which would rename the machine')]),
		...sysctls
			.filter((name) => !isSeparate(name, has))
			.map((name) => refused('linux.sysctl', `the sysctl ${name}, which would be the machine's`)),
	];
}

/** Reports whether a sysctl belongs to a namespace of the container (namespaces(7)). */
function isSeparate(name: string, has: (type: string) => boolean): boolean {
	if (!/^[a-z0-9_][A-Za-z0-9_./:-]*$/.test(name) || name.includes('..')) return false;
	if (name.startsWith('net.') || name.startsWith('net/')) return has('network');
	if (name === 'kernel.domainname') return has('uts');
	return (
		/^(?:fs\.mqueue\.\w+|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/.test(
			name,
		) && has('ipc')
	);
}

function resourceRefusals(resources: unknown): EngineRefusal[] {
	if (!isRecord(resources)) return [];
	return [
		...others(resources, 'linux.resources', resourceKeys),
		...others(resources['memory'], 'linux.resources.memory', memoryKeys),
		...others(resources['cpu'], 'linux.resources.cpu', cpuKeys),
	];
}

function seccompRefusals({ linux = {} }: RuntimeSpec): EngineRefusal[] {
	const { seccomp } = linux;
	if (seccomp === undefined) return [];
	const flags = (seccomp.flags ?? []).filter((flag) => flag !== 'SECCOMP_FILTER_FLAG_TSYNC');
	const architectures = (seccomp.architectures ?? []).filter((name) => !seccompArchitectures.includes(name));
	return [
		...flags.map((flag) => refused('linux.seccomp', `the seccomp flag ${flag}`)),
		...architectures.map((name) => refused('linux.seccomp', `the seccomp architecture ${name}`)),
	];
}

function given(record: JsonRecord, place: string, keys: readonly string[]): EngineRefusal[] {
	return keys
		.filter((key) => !isEmpty(record[key]))
		.map((key) => refused(`${place}.${key}`, `"${place}.${key}"`));
}

function others(value: unknown, place: string, known: readonly string[]): EngineRefusal[] {
	if (!isRecord(value)) return [];
	return given(
		value,
		place,
		Object.keys(value).filter((key) => !known.includes(key)),
	);
}

function isEmpty(value: unknown): boolean {
	if (value === undefined || value === null || value === '' || value === false) return true;
	if (Array.isArray(value)) return value.length === 0;
	return isRecord(value) && Object.keys(value).length === 0;
}
