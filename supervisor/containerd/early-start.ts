// Whether containerd may start beside the onboot containers instead of after them, which takes its start out
// of the boot's time.
//
// It may not where one of them can mount a disk over the folders that containerd is already using: a container
// does that through a bind of the folder, or of one above or below it, with shared propagation, as LinuxKit's
// `mount` package does with `/var:/var:rshared,rbind`. Pure.

import type { Bundle } from '../bundle/bundle.ts';
import { containerdFolders, guestPaths } from '../contract/layout.ts';
import type { Mount } from '../contract/runtime-config.ts';

/** What containerd uses by default, and where its log is. */
const defaultFolders = [containerdFolders.root, containerdFolders.state, guestPaths.log];

export interface OnbootContainer {
	readonly runtime: Bundle['runtime'];
	/** The mounts of its `config.json`. */
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

/** `root` and `state` of a `config.toml`, which stand before its first table. */
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
