// Looks for the config drive among the block devices: one that is labelled `cidata` first (cloud-init's NoCloud), then
// any CD with a file system, as LinuxKit does. Waits a bounded time, for a device may come late.

import { type DeviceFolders, listBlockDevices } from '../applet/disks/block-devices.ts';
import { fileSystemOf, readVolumes, type Volume } from '../applet/disks/volume.ts';
import { waitFor } from '../applet/disks/wait-for.ts';

export interface Drive {
	/** `/dev/vdb` */
	readonly path: string;
	readonly fileSystem: string;
}

export async function findDrive(folders: DeviceFolders, waitMs: number): Promise<Drive | null> {
	return await waitFor(
		waitMs,
		() => chooseDrive(readVolumes(listBlockDevices(folders))),
		(drive) => drive !== null,
	);
}

function chooseDrive(volumes: readonly Volume[]): Drive | null {
	const drives = volumes.flatMap((volume) => {
		const found = fileSystemOf(volume);
		const isDrive = found?.type === 'iso9660' || found?.type === 'vfat';
		return isDrive && !volume.device.name.startsWith('loop') ? [{ device: volume.device, ...found }] : [];
	});
	const labelled = drives.find(({ label }) => label.trim().toLowerCase() === 'cidata');
	const chosen = labelled ?? drives.find(({ device }) => /^sr\d/.test(device.name));
	return chosen === undefined ? null : { path: chosen.device.path, fileSystem: chosen.type };
}
