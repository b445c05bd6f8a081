// Chooses what confines a container beyond its capabilities: paths of /proc and /sys that it cannot see or write, the calls that
// it may make, and whether a program can gain privileges by execve(2). The defaults are Docker's, with two more
// (docs/security.md); LinuxKit has none. The YAML, or the image's label, can replace each of them.

import { defaultApparmorProfile } from '../../../supervisor/contract/apparmor.ts';
import { expandCapabilities } from '../../../supervisor/contract/capabilities.ts';
import {
	defaultMaskedPaths,
	defaultReadonlyPathsFor,
} from '../../../supervisor/contract/default-confinement.ts';
import type { SeccompProfile } from '../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../supervisor/contract/seccomp-profile.ts';
import type { ContainerSettings } from '../../config/system-config.ts';

export interface Confinement {
	readonly maskedPaths: readonly string[];
	readonly readonlyPaths: readonly string[];
	readonly noNewPrivileges: boolean;
	/** Null: none. */
	readonly apparmorProfile: string | null;
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
 * - With all capabilities it is what Docker calls privileged, and has no seccomp profile by default, unless AppArmor confines it,
 *   which does not see all calls of mounts.
 * - An image without 32-bit programs has no use for the calls of such. Docker allows them to all, as `seccomp: default` does.
 */
export function confinementOf(
	settings: ContainerSettings,
	architecture: string,
	isNativeOnly = false,
): Confinement {
	const capabilities = heldCapabilities(settings);
	const isAdmin = capabilities.includes('CAP_SYS_ADMIN');
	// A mount on such a path is made on purpose: it must be seen, and written where the mount says so.
	const mounted = mountedPaths(settings);
	const withoutMounts = (paths: readonly string[]) => paths.filter((path) => !mounted.includes(path));
	return {
		maskedPaths: settings.maskedPaths ?? withoutMounts(isAdmin ? [] : defaultMaskedPaths),
		readonlyPaths: settings.readonlyPaths ?? withoutMounts(defaultReadonlyPathsFor(capabilities)),
		noNewPrivileges: settings.noNewPrivileges ?? capabilities.length === 0,
		apparmorProfile: settings.apparmor === 'default' ? defaultApparmorProfile : null,
		seccomp: seccompOf(settings, capabilities, architecture, isNativeOnly),
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
	{ seccomp, apparmor }: ContainerSettings,
	capabilities: readonly string[],
	architecture: string,
	isNativeOnly: boolean,
): SeccompProfile | null {
	if (typeof seccomp === 'object') return seccomp;
	const isMediated = apparmor === 'default';
	const isPrivileged = capabilities.length === expandCapabilities(['all']).length;
	const isUnconfined = seccomp === 'unconfined' || (seccomp === undefined && isPrivileged && !isMediated);
	return isUnconfined
		? null
		: defaultSeccompProfile(capabilities, architecture, isNativeOnly && seccomp === undefined, isMediated);
}
