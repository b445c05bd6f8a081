// The built-in engine (supervisor/engine) can't do all that a bundle may ask for: the host refuses the rest when a system is
// built, and PID 1 again before it runs the container. Pure. Which keys it takes is in engine-keys.ts; here are the values.

import { mountOptions } from '../../native/linux/mount-calls.ts';
import { capabilityNames } from './capabilities.ts';
import { refusedKeys } from './engine-keys.ts';
import { isRecord, type JsonRecord } from './json-shape.ts';
import { isInProc, mayBindInProc } from './proc-binds.ts';
import type { Capabilities, RuntimeSpec } from './runtime-spec.ts';

export interface EngineRefusal {
	/** The key in `config.json`, such as `linux.intelRdt`. */
	readonly key: string;
	/** What it can't do, as the end of a sentence: "hooks". */
	readonly what: string;
}

const namespaceTypes = ['pid', 'network', 'mount', 'ipc', 'uts', 'cgroup'];
const seccompArchitectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'];
/** Options of mounts that runc or mount(8) knows and the engine does not. A set: PID 1 would compile an expression at each boot. */
const otherOptions: ReadonlySet<string> = new Set([
	...['tmpcopyup', 'idmap', 'ridmap', 'rro', 'rrw', 'loud', 'silent'],
	...['iversion', 'noiversion', 'symfollow', 'nosymfollow'],
	...['suid', 'dev', 'exec', 'diratime', 'symfollow', 'atime', 'strictatime', 'relatime'].flatMap((name) => [
		`r${name}`,
		`rno${name}`,
	]),
]);
/** The option of a bind that makes what is mounted below it read-only, too (config.md, Linux mount options). */
export const recursiveReadonly = 'rro';
const propagations = /^r?(?:shared|slave|private|unbindable)$/;
/** Keys whose names say less than these words. */
const keyWords: Readonly<Record<string, string>> = { hooks: 'hooks', 'process.terminal': 'a terminal' };

/** Returns all that the engine refuses; none for a container that it takes. */
export function engineRefusals(spec: RuntimeSpec): readonly EngineRefusal[] {
	return [
		...refusedKeys({ ...spec }).map((key) => refused(key, keyWords[key] ?? `"${key}"`)),
		...processRefusals(spec),
		...namespaceRefusals(spec),
		...mountRefusals(spec),
		...resourceRefusals(spec.linux?.['resources']),
		...seccompRefusals(spec),
	];
}

/** Returns a sentence for people. */
export function refusalText(refusals: readonly EngineRefusal[]): string {
	return `the built-in engine can't do ${whatOf(refusals)}. Use runc, which is the default.`;
}

/** `service run` has no other engine. */
export function runRefusalText(refusals: readonly EngineRefusal[]): string {
	return `service run can't do ${whatOf(refusals)}. Change the option, or the image, that asks for it.`;
}

function whatOf(refusals: readonly EngineRefusal[]): string {
	return refusals.map((each) => each.what).join(', ');
}

function refused(key: string, what: string): EngineRefusal {
	return { key, what };
}

function processRefusals({ process }: RuntimeSpec): EngineRefusal[] {
	const sets: Capabilities = process.capabilities ?? {};
	const unknown = new Set(Object.values(sets).flat()).difference(new Set(capabilityNames));
	return [
		// runc refuses them, too.
		...(process.env ?? [])
			.filter((variable) => !/^[^=]+=/.test(variable))
			.map((variable) => refused('process.env', `the variable "${variable}", which is not NAME=VALUE`)),
		...[...unknown].map((name) =>
			refused('process.capabilities', `the capability ${name}, which no kernel has`),
		),
	];
}

function mountRefusals({ mounts = [], linux = {} }: RuntimeSpec): EngineRefusal[] {
	const propagation = linux['rootfsPropagation'];
	const isKnown = propagation === undefined || propagation === '' || propagations.test(String(propagation));
	return [
		...mounts.flatMap(({ destination, type, source = '', options = [] }) => {
			const isBind = type === 'bind' || options.includes('bind') || options.includes('rbind');
			if (isBind && isInProc(destination) && !mayBindInProc(destination, source)) {
				return [refused('mounts', `a bind over ${destination}, which is the kernel's`)];
			}
			// The kernel takes no options of a file system for a bind, and says nothing.
			const option = options.find(
				(each) =>
					!(isBind && each === recursiveReadonly) &&
					(otherOptions.has(each) || (isBind && !Object.hasOwn(mountOptions, each))),
			);
			return option === undefined
				? []
				: [refused('mounts', `the mount option "${option}" of ${destination}`)];
		}),
		...(isKnown ? [] : [refused('linux.rootfsPropagation', `the propagation "${String(propagation)}"`)]),
	];
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
	const { memory, unified } = resources;
	const files = isRecord(unified) ? Object.keys(unified) : [];
	return [
		...(isRecord(memory) ? swapRefusals(memory) : []),
		...files
			.filter((file) => !/^[a-z][\w.-]*$/.test(file))
			.map((file) => refused('linux.resources.unified', `"linux.resources.unified" with the name "${file}"`)),
	];
}

/** `swap` is memory and swap together, so it says nothing of swap without a limit of memory, or below it. */
function swapRefusals({ limit, swap }: JsonRecord): EngineRefusal[] {
	if (typeof swap !== 'number' || swap <= 0) return [];
	if (typeof limit === 'number' && limit > 0 && swap >= limit) return [];
	return [refused('linux.resources.memory.swap', '"linux.resources.memory.swap" below or without "limit"')];
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
