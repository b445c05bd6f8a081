// A disk or a partition together with what is on it: what may be mounted from it, and by what names it is known.

import { errorMessage } from '../../../native/text/error-message.ts';
import type { BlockDevice } from './block-devices.ts';
import { type BlockReader, withReader } from './block-reader.ts';
import { type Contents, describeContents, type Finding, readContents, tableOf } from './contents.ts';

export interface Volume {
	readonly device: BlockDevice;
	/** Null when the device can't be read; `problem` says why. */
	readonly contents: Contents | null;
	readonly problem: string;
}

/** A floppy drive takes seconds to say that there is none in it; memory disks hold nothing at boot. */
const slowOrEmpty = /^(fd|ram)\d/;

export function readVolumes(devices: readonly BlockDevice[]): Volume[] {
	return devices.filter(({ name, sizeBytes }) => sizeBytes > 0 && !slowOrEmpty.test(name)).map(readVolume);
}

export function readVolume(device: BlockDevice): Volume {
	try {
		return { device, contents: readDevice(device, readContents), problem: '' };
	} catch (error) {
		return { device, contents: null, problem: errorMessage(error) };
	}
}

export function readDevice<T>(device: BlockDevice, look: (reader: BlockReader) => T): T {
	return withReader(device.path, device, look);
}

/**
 * The one file system on it. Null where there is none, where signatures contradict each other, and on a disk with
 * partitions: what lies before the first one is left over, but for an ISO image that is a disk as well.
 */
export function fileSystemOf({ contents }: Volume): Finding | null {
	if (contents === null) return null;
	const [first, ...others] = contents.findings;
	if (first?.kind !== 'filesystem' || first.type === 'jbd' || others.length > 0) return null;
	const hasTable = tableOf(contents) !== null;
	return hasTable && first.type !== 'iso9660' ? null : first;
}

/** For people. */
export function describeVolume({ device, contents, problem }: Volume): string {
	return `${device.path} ${contents === null ? `can't be read (${problem})` : `holds ${describeContents(contents)}`}`;
}

/** A partition's entry in the table of its disk. */
export interface TableEntry {
	readonly type: number | string;
	/** PARTUUID, as the kernel writes it for `root=`. */
	readonly uuid: string;
	/** PARTLABEL; a GPT's only. */
	readonly name: string;
}

/** Returns null for a whole disk, and for a partition that is not among the table's entries (the first four of DOS). */
export function tableEntryOf({ device }: Volume, volumes: readonly Volume[]): TableEntry | null {
	const { partition } = device;
	if (partition === null) return null;
	const contents = volumes.find((other) => other.device.name === partition.disk)?.contents ?? null;
	if (contents === null) return null;
	const inGpt = contents.gpt?.partitions.find(({ number }) => number === partition.number);
	if (inGpt !== undefined) return { type: inGpt.type, uuid: inGpt.guid, name: inGpt.name };
	const entry = contents.mbr?.partitions.find(({ number }) => number === partition.number);
	if (entry === undefined || contents.mbr === null) return null;
	const id = contents.mbr.diskId.toString(16).padStart(8, '0');
	return { type: entry.type, uuid: `${id}-${String(partition.number).padStart(2, '0')}`, name: '' };
}
