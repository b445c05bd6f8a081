// Chooses what confines a container beyond its capabilities: paths of /proc and /sys that it cannot see or write, the calls that
// it may make, and whether a program can gain privileges by execve(2). The defaults are Docker's, with two more
// (docs/security.md); LinuxKit has none. The YAML, or the image's label, can replace each of them.

import type { SeccompProfile } from '../../../supervisor/contract/runtime-spec.ts';
import { expandCapabilities } from '../../config/capabilities.ts';
import type { ContainerSettings } from '../../config/system-config.ts';
import { defaultSeccompProfile } from './seccomp-profile.ts';

/** Paths that tell of the machine, or of other containers. */
export const defaultMaskedPaths: readonly string[] = [
	'/proc/acpi',
	'/proc/asound',
	'/proc/interrupts',
	'/proc/kcore',
	'/proc/keys',
	'/proc/latency_stats',
	'/proc/sched_debug',
	'/proc/scsi',
	'/proc/timer_list',
	'/proc/timer_stats',
	'/sys/devices/virtual/powercap',
	'/sys/firmware',
];

/**
 * Paths by which root without any capability changes the machine: /proc/sys/kernel/core_pattern names a program that
 * the kernel runs with all of them. Docker mounts /sys read-only; here a container's mount of it stays LinuxKit's.
 */
export const defaultReadonlyPaths: readonly string[] = [
	'/proc/bus',
	'/proc/fs',
	'/proc/irq',
	'/proc/sys',
	'/proc/sysrq-trigger',
	'/sys',
];

/** The directories of /proc/sys beside `net`, of whatever kernel (Documentation/admin-guide/sysctl). */
const sysctlDirectories = [
	'abi',
	'crypto',
	'debug',
	'dev',
	'fs',
	'fscache',
	'kernel',
	'sunrpc',
	'user',
	'vm',
	'xen',
];

/**
 * With CAP_NET_ADMIN a container configures the network, and /proc/sys/net is a part of that: dhcpcd stops where it is
 * read-only.
 */
export function defaultReadonlyPathsFor(capabilities: readonly string[]): readonly string[] {
	if (capabilities.includes('CAP_SYS_ADMIN')) return [];
	if (!capabilities.includes('CAP_NET_ADMIN')) return defaultReadonlyPaths;
	return defaultReadonlyPaths.flatMap((path) =>
		path === '/proc/sys' ? sysctlDirectories.map((name) => `/proc/sys/${name}`) : [path],
	);
}

export interface Confinement {
	readonly maskedPaths: readonly string[];
	readonly readonlyPaths: readonly string[];
	readonly noNewPrivileges: boolean;
	/** Is null for a container that may make every call. */
	readonly seccomp: SeccompProfile | null;
}

/**
 * Chooses what confines a container.
 *
 * - With CAP_SYS_ADMIN it could undo hidden and read-only paths, so it has none by default.
 * - Without any capability a set-user-ID program or one with file capabilities has nothing to gain that the container
 *   is meant to have, so `noNewPrivileges` is on by default. With a capability a program of the image may need to pass
 *   it on, so the default is off.
 * - With all capabilities it is what Docker calls privileged, and has no seccomp profile by default.
 */
export function confinementOf(settings: ContainerSettings, architecture: string): Confinement {
	const capabilities = heldCapabilities(settings);
	const isAdmin = capabilities.includes('CAP_SYS_ADMIN');
	// A mount on such a path is made on purpose: it must be seen, and written where the mount says so.
	const mounted = mountedPaths(settings);
	const withoutMounts = (paths: readonly string[]) => paths.filter((path) => !mounted.includes(path));
	return {
		maskedPaths: settings.maskedPaths ?? withoutMounts(isAdmin ? [] : defaultMaskedPaths),
		readonlyPaths: settings.readonlyPaths ?? withoutMounts(defaultReadonlyPathsFor(capabilities)),
		noNewPrivileges: settings.noNewPrivileges ?? capabilities.length === 0,
		seccomp: seccompOf(settings, capabilities, architecture),
	};
}

function mountedPaths({ binds = [], mounts = [] }: ContainerSettings): readonly string[] {
	return [
		...binds.map((bind) => bind.split(':')[1] ?? ''),
		...mounts.map(({ destination = '' }) => destination),
	];
}

/** Returns the names of all capabilities that some program of the container can have. */
export function heldCapabilities({ capabilities = [], ambient = [] }: ContainerSettings): readonly string[] {
	return [...new Set([...expandCapabilities(capabilities), ...expandCapabilities(ambient)])];
}

function seccompOf(
	{ seccomp }: ContainerSettings,
	capabilities: readonly string[],
	architecture: string,
): SeccompProfile | null {
	if (typeof seccomp === 'object') return seccomp;
	const isPrivileged = capabilities.length === expandCapabilities(['all']).length;
	const isUnconfined = seccomp === 'unconfined' || (seccomp === undefined && isPrivileged);
	return isUnconfined ? null : defaultSeccompProfile(capabilities, architecture);
}
