// The paths of /proc and /sys that a container can't see or write by default: Docker's, with two more (docs/security.md).

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
