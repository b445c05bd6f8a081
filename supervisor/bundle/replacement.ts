// Mounts the image of other bundles (contract/protocol.ts, `replace`), and puts a bundle of it in the place of the one of the
// system's root. Nothing of it must be remembered: the kernel frees loop device and image with the last of these mounts.

import { closeSync, constants, existsSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { readMountInfo } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import { bundleFiles, bundlePath, type GuestPaths, replacementPaths } from '../contract/layout.ts';

type ReplacementNative = Pick<Native, 'mount' | 'umount2' | 'loopFree' | 'loopConfigure' | 'constants'>;

export interface MountedReplacement {
	/** Throws when the image has no bundle for that directory. */
	check(folder: string): void;
	/** Puts the image's bundle over the directory, in place of an earlier image's. Nothing may use the old one any more. */
	place(folder: string): void;
	/** Lets go of what `place` has not used. */
	close(): void;
}

/** Another program may take a free loop device before it is configured. */
const loopTries = 8;

/** Throws a system error, e.g. for a kernel without squashfs. The file is removed in any case. */
export function mountReplacement(
	native: ReplacementNative,
	paths: GuestPaths,
	image: number,
): MountedReplacement {
	const { folder, file, mount } = replacementPaths(paths, image);
	const detach = constant(native, 'MNT_DETACH');
	try {
		makeFolder(folder);
		removeLeftovers(native, folder);
		makeFolder(mount);
		mountImage(native, file, mount);
	} finally {
		// The loop device keeps it open.
		rmSync(file, { force: true });
	}
	// Its paths are those of the root, whatever directory a test has for it.
	const inImage = (folder: string) => join(mount, 'containers', folder.slice(paths.containers.length));
	return {
		check(folder) {
			if (!existsSync(bundlePath(inImage(folder), 'config')))
				throw new Error(`the image has no ${folder}/${bundleFiles.config}`);
		},
		place(folder) {
			const isReplaced = readMountInfo().some(({ mountPoint }) => mountPoint === folder);
			if (isReplaced) native.umount2(folder, detach);
			native.mount(inImage(folder), folder, null, constant(native, 'MS_BIND'), null);
		},
		close() {
			native.umount2(mount, detach);
			rmdirSync(mount);
		},
	};
}

/** A crash of PID 1 may have left an image mounted. PID 1 handles one image after another, so none of these is in use. */
function removeLeftovers(native: ReplacementNative, folder: string): void {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		if (!entry.isDirectory()) continue;
		const left = join(folder, entry.name);
		try {
			native.umount2(left, constant(native, 'MNT_DETACH'));
		} catch (error) {
			// It is a mere directory.
			if (!hasCode(error, 'EINVAL')) throw error;
		}
		rmdirSync(left);
	}
}

/** The kernel loads the modules `loop` and `squashfs` when they are asked for. */
function mountImage(native: ReplacementNative, file: string, mount: string): void {
	const descriptors: number[] = [];
	const open = (path: string, how: number): number => {
		const fd = openSync(path, how);
		descriptors.push(fd);
		return fd;
	};
	try {
		const control = open('/dev/loop-control', constants.O_RDWR);
		// A device of a file that is open for reading is read-only.
		const content = open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
		for (let left = loopTries; ; left -= 1) {
			const device = `/dev/loop${native.loopFree(control)}`;
			const loop = open(device, constants.O_RDONLY);
			try {
				native.loopConfigure(loop, content, flags(native, ['LO_FLAGS_AUTOCLEAR']));
			} catch (error) {
				if (left === 1 || !hasCode(error, 'EBUSY')) throw error;
				continue;
			}
			native.mount(device, mount, 'squashfs', constant(native, 'MS_RDONLY'), null);
			return;
		}
	} finally {
		for (const fd of descriptors) closeSync(fd);
	}
}
