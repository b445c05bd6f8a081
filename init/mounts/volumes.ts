// Mounts the volumes of the image, in LinuxKit's layout: `merged` shows `lower` below a tmpfs that takes the writes, or
// `lower` alone, read-only, when there is no `tmp` or a mark.

import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { isMountPoint, type MountEntry } from '../../native/linux/mountinfo.ts';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { readonlyVolumeMark } from '../../supervisor/contract/layout.ts';

interface VolumesReport {
	readonly mounted: readonly string[];
	/** The failures, each with its reason. */
	readonly failures: readonly string[];
}

/**
 * Skips a volume that is mounted already, from before a crash of PID 1.
 *
 * @param folder - holds a folder for each volume; may be missing
 */
export function mountVolumes(
	native: Pick<Native, 'mount' | 'constants'>,
	folder: string,
	present: readonly MountEntry[],
): VolumesReport {
	const mounted: string[] = [];
	const failures: string[] = [];
	for (const name of namesIn(folder)) {
		const volume = join(folder, name);
		if (isMountPoint(present, join(volume, 'merged'))) continue;
		try {
			mountVolume(native, volume, present);
			mounted.push(name);
		} catch (error) {
			failures.push(`${name}: ${errorMessage(error)}`);
		}
	}
	return { mounted, failures };
}

function mountVolume(
	native: Pick<Native, 'mount' | 'constants'>,
	volume: string,
	present: readonly MountEntry[],
): void {
	const [lower, tmp, merged] = [join(volume, 'lower'), join(volume, 'tmp'), join(volume, 'merged')];
	const names = namesIn(volume);
	if (!names.includes('tmp') || names.includes(readonlyVolumeMark)) {
		native.mount(lower, merged, null, constant(native, 'MS_BIND'), null);
		// The first call ignores MS_RDONLY (mount(2)).
		native.mount(null, merged, null, flags(native, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY']), null);
		return;
	}
	const bits = constant(native, 'MS_RELATIME');
	if (namesIn(lower).length === 0) {
		// Nothing lies below. A container may put its own overlay on a tmpfs, but not on an overlay.
		native.mount('tmpfs', merged, 'tmpfs', bits, 'mode=0755');
		copyOwnership(lower, merged);
		return;
	}
	if (!isMountPoint(present, tmp)) native.mount('tmpfs', tmp, 'tmpfs', bits, 'mode=0755');
	const [upper, work] = [join(tmp, 'upper'), join(tmp, 'work')];
	for (const each of [upper, work]) makeFolder(each);
	// An overlay's root has the owner and mode of its upper folder.
	copyOwnership(lower, upper);
	const data = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
	native.mount('overlay', merged, 'overlay', bits, data);
}

function copyOwnership(from: string, to: string): void {
	const { uid, gid, mode } = statSync(from);
	chownSync(to, uid, gid);
	chmodSync(to, mode & 0o7777);
}

function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return [];
		throw error;
	}
}
