// The steps of `runtime.json` before a container is created, in LinuxKit's order: mounts (with mount points, and the upper and work
// folders of an overlay), folders, cgroups. And how they are undone. Relative paths are relative to the container's `rootfs`.

import { chownSync, existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, posix } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { mountCalls } from '../../native/linux/mount-calls.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import { bundlePath } from '../contract/layout.ts';
import type { Mount } from '../contract/runtime-config.ts';
import { type Bundle, mountsOf, readConfig, rootUserOf } from './bundle.ts';

const binfmtFolder = '/proc/sys/fs/binfmt_misc';

/** A step of the preparation failed; the mounts of earlier steps are undone. */
export class PrepareError extends Error {
	readonly code = 'ERR_PREPARE';
	readonly container: string;

	constructor(container: string, step: string, cause: unknown) {
		const why = errorMessage(cause);
		super(`${container}: could not ${step}, as its runtime.json asks: ${why}`, { cause });
		this.name = 'PrepareError';
		this.container = container;
	}
}

type MountCalls = Pick<Native, 'mount' | 'umount2' | 'constants'>;

/**
 * Returns its `config.json`, unchecked, which a caller would read once more. Throws `PrepareError`.
 *
 * @param known - what a caller knows of `config.json`; null: nothing
 */
export function prepareBundle(
	bundle: Bundle,
	native: MountCalls,
	cgroupRoot: string,
	known: JsonRecord | null = null,
): JsonRecord {
	const mounted: string[] = [];
	let step = 'read its user mappings';
	try {
		const config = known ?? readConfig(bundle);
		const rootUser = rootUserOf(bundle, config);
		step = 'mount binfmt_misc';
		if (mountsOf(bundle, config).some(({ source }) => source === binfmtFolder)) mountBinfmtMisc(native);
		for (const mount of bundle.runtime.mounts) {
			const target = absolute(bundle, mount.destination);
			step = `mount ${mount.source === undefined || mount.source === '' ? 'again' : mount.source} on ${target}`;
			makeMountPoints(mount, target, rootUser);
			for (const call of mountCalls(mount, target, native.constants)) {
				native.mount(call.source, call.target, call.type, call.flags, call.data);
			}
			mounted.push(target);
		}
		for (const folder of bundle.runtime.mkdir) {
			step = `make the folder ${absolute(bundle, folder)}`;
			const path = absolute(bundle, folder);
			const isNew = !existsSync(path);
			makeFolder(path);
			if (isNew && rootUser !== 0) chownSync(path, rootUser, rootUser);
		}
		for (const cgroup of bundle.runtime.cgroups) {
			step = `make the cgroup ${cgroup}`;
			for (const hierarchy of cgroupHierarchies(cgroupRoot))
				makeFolder(join(hierarchy, posix.normalize(`/${cgroup}`)));
		}
		return config;
	} catch (error) {
		unmountAll(native, mounted);
		throw new PrepareError(bundle.name, step, error);
	}
}

/**
 * Mounts the kernel's table of interpreters (Documentation/admin-guide/binfmt-misc.rst) for a container that binds its folder.
 * Other systems don't need it, and it costs a module. The mount is in the root, because the kernel forgets the interpreters with
 * the last mount.
 */
function mountBinfmtMisc(native: Pick<Native, 'mount' | 'constants'>): void {
	if (existsSync(`${binfmtFolder}/register`)) return;
	const options = flags(native, ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC']);
	native.mount('binfmt_misc', binfmtFolder, 'binfmt_misc', options, null);
}

/**
 * Unmounts the mounts inside the bundle's folder, the last one first, which frees the memory of its writable layer. Mounts elsewhere
 * (e.g. a disk on /var/lib) stay, because they are the container's purpose. Idempotent.
 */
export function releaseBundle(bundle: Bundle, native: Pick<Native, 'umount2' | 'constants'>): void {
	const targets = bundle.runtime.mounts
		.filter((mount) => !(mount.options ?? []).includes('remount'))
		.map((mount) => absolute(bundle, mount.destination))
		.filter((target) => target.startsWith(`${bundle.folder}/`));
	unmountAll(native, targets);
}

function unmountAll(native: Pick<Native, 'umount2' | 'constants'>, targets: readonly string[]): void {
	const detach = constant(native, 'MNT_DETACH');
	for (const target of targets.toReversed()) {
		try {
			native.umount2(target, detach);
		} catch {
			// E.g. EINVAL when it is not mounted. Best effort, as in LinuxKit: only memory depends on it.
		}
	}
}

function makeMountPoints(mount: Mount, target: string, rootUser: number): void {
	// A file stays a file, because a bind of a file needs a file.
	if (!existsSync(target)) makeFolder(target);
	for (const option of mount.options ?? []) {
		const [key, folder] = option.split('=', 2);
		if ((key === 'upperdir' || key === 'workdir') && folder !== undefined) makeFolder(folder);
		// The owner of an overlay's root is that of the upper folder.
		if (key === 'upperdir' && folder !== undefined && rootUser !== 0) chownSync(folder, rootUser, rootUser);
	}
}

function absolute(bundle: Bundle, path: string): string {
	return isAbsolute(path) ? path : join(bundlePath(bundle.folder, 'rootfs'), path);
}

/** Returns the one folder of cgroup v2, or the folder of every controller of v1. */
function cgroupHierarchies(root: string): string[] {
	if (existsSync(join(root, 'cgroup.controllers'))) return [root];
	return readdirSync(root, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map((entry) => join(root, entry.name));
}
