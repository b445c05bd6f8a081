// Decides whether containerd may start in parallel to the onboot containers instead of after them, which shortens the boot.
//
// It may not when one of them can mount a disk over the folders that containerd already uses. A container does that with a bind of
// the folder, or of one above or below it, with shared propagation, such as `/var:/var:rshared,rbind` of LinuxKit's `mount`
// package. Pure.

import type { Bundle } from '../bundle/bundle.ts';
import { containerdFolders, guestPaths } from '../contract/layout.ts';
import type { Mount } from '../contract/runtime-config.ts';

/** containerd's default folders, and the folder of its log. */
const defaultFolders = [containerdFolders.root, containerdFolders.state, guestPaths.log];

interface OnbootContainer {
	readonly runtime: Bundle['runtime'];
	/** The mounts of the container's `config.json`. */
	readonly mounts: readonly Mount[];
}

export function mayStartEarly(onboot: readonly OnbootContainer[], containerdConfig: string): boolean {
	const folders = [...defaultFolders, ...configuredFolders(containerdConfig)];
	const touches = (path: string) =>
		folders.some((folder) => isWithin(folder, path) || isWithin(path, folder));
	return !onboot.some(
		({ runtime, mounts }) =>
			runtime.mounts.some((mount) => touches(mount.destination)) ||
			mounts.some((mount) => isShared(mount) && touches(mount.source ?? '')),
	);
}

/** Returns `root` and `state` of a `config.toml`, which are before its first table. */
function configuredFolders(toml: string): string[] {
	return [...toml.matchAll(/^\s*(?:root|state)\s*=\s*["']([^"'\n]+)["']/gm)].map(
		([, folder]) => folder ?? '',
	);
}

function isShared(mount: Mount): boolean {
	return (mount.options ?? []).some((option) => option === 'rshared' || option === 'shared');
}

function isWithin(path: string, folder: string): boolean {
	return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
