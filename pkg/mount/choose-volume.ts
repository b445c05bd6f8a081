// Chooses the volume that `mountie` mounts. Pure, but for links in /dev.

import { isOrdinaryDisk } from '../applet/disks/block-devices.ts';
import { type FoundVolume, findVolume } from '../applet/disks/find-volume.ts';
import { linuxGptType } from '../applet/disks/gpt.ts';
import { linuxMbrType, unfinishedDiskId } from '../applet/disks/mbr.ts';
import { describeVolume, fileSystemOf, tableEntryOf, type Volume } from '../applet/disks/volume.ts';

export interface Wanted {
	/** A path or one of the names that find-volume.ts knows; '' for none. It comes before label and UUID. */
	readonly device: string;
	readonly label: string;
	readonly uuid: string;
	/** The number on the device, or on the disks that were looked at; 0 for none in particular. */
	readonly partition: number;
}

export function chooseVolume(
	wanted: Wanted,
	volumes: readonly Volume[],
	mounted: ReadonlySet<string>,
	devFolder: string,
): FoundVolume {
	const name = nameOf(wanted);
	if (name === '') return firstVolume(wanted.partition, volumes, mounted);
	const named = findVolume(name, volumes, devFolder);
	if (named.found === null || named.found === 'several') return named;
	const chosen = wanted.partition === 0 ? named : partitionOf(named.found, wanted.partition, volumes);
	const unfinished =
		chosen.found !== null && chosen.found !== 'several' && unfinishedDisk(chosen.found, volumes);
	return unfinished ? { found: null, reason: unfinished } : chosen;
}

function partitionOf({ device: disk }: Volume, number: number, volumes: readonly Volume[]): FoundVolume {
	const part = volumes.find(
		({ device }) => device.partition?.disk === disk.name && device.partition.number === number,
	);
	if (part !== undefined) return { found: part };
	return { found: null, reason: `${disk.path} has no partition ${number}` };
}

function nameOf({ device, label, uuid }: Wanted): string {
	if (device !== '') return device;
	if (label !== '') return `LABEL=${label}`;
	return uuid === '' ? '' : `UUID=${uuid}`;
}

/** As LinuxKit's: the first partition of the type "Linux" that holds a file system and is not in use. */
function firstVolume(number: number, volumes: readonly Volume[], mounted: ReadonlySet<string>): FoundVolume {
	const passedOver: string[] = [];
	for (const volume of volumes) {
		const reason = unfitness(volume, number, volumes, mounted);
		if (reason === null) return { found: volume };
		if (reason !== '') passedOver.push(reason);
	}
	return { found: null, reason: `No eligible disks found: ${passedOver.join('; ') || 'there is no disk'}` };
}

/** Returns null for a volume that fits, and '' when the reason is not worth a word. */
function unfitness(
	volume: Volume,
	number: number,
	volumes: readonly Volume[],
	mounted: ReadonlySet<string>,
): string | null {
	const { device } = volume;
	if (device.partition === null) {
		const hasPartitions = volumes.some((other) => other.device.partition?.disk === device.name);
		return hasPartitions || !isOrdinaryDisk(device) ? '' : `${describeVolume(volume)} and has no partition`;
	}
	const disk = volumes.find((other) => other.device.name === device.partition?.disk);
	if (disk === undefined || !isOrdinaryDisk(disk.device)) return '';
	if (number !== 0 && device.partition.number !== number) return '';
	if (mounted.has(device.path)) return `${device.path} is mounted already`;
	if (device.isHeld) return `${device.path} is part of another device`;
	const entry = tableEntryOf(volume, volumes);
	if (entry !== null && entry.type !== linuxMbrType && entry.type !== linuxGptType) {
		return `${device.path} is no Linux partition`;
	}
	if (disk.contents?.mbr?.diskId === unfinishedDiskId)
		return `the format of ${disk.device.path} was not finished`;
	return fileSystemOf(volume) === null ? describeVolume(volume) : null;
}

/** Returns null when the disk is no unfinished one. `format` will write such a disk again: nobody may use it before. */
function unfinishedDisk({ device }: Volume, volumes: readonly Volume[]): string | null {
	const disk = volumes.find((other) => other.device.name === device.partition?.disk);
	if (disk?.contents?.mbr?.diskId !== unfinishedDiskId) return null;
	return `the format of ${disk.device.path} was not finished`;
}
