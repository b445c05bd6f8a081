// Writes the table of one partition on a disk, and the file system into that partition, in an order that a power cut
// at any moment can't spoil: layout.ts says how an unfinished disk is known.

import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { AppletError } from '../applet/applet.ts';
import type { BlockDevice } from '../applet/disks/block-devices.ts';
import { waitFor } from '../applet/disks/wait-for.ts';
import { type Layout, sectorZero, tableWrites, type Write, wipeWrites } from './layout.ts';

export interface PartitionParts {
	readonly native: Pick<Native, 'rereadPartitions'>;
	readonly listDevices: () => readonly BlockDevice[];
	readonly makeFileSystem: (device: string) => void;
	readonly waitMs: number;
}

/** Returns the partition. `wipe`: there is something on the disk, which is given up. */
export async function makePartition(
	disk: BlockDevice,
	layout: Layout,
	wipe: boolean,
	parts: PartitionParts,
): Promise<BlockDevice> {
	const ids = { diskId: randomBytes(4).readUInt32LE(), diskGuid: randomUUID(), partitionGuid: randomUUID() };
	const writes = [sectorZero(layout, null), ...(wipe ? wipeWrites(layout) : []), ...tableWrites(layout, ids)];
	writeAll(disk.path, writes, (fd) => parts.native.rereadPartitions(fd));
	const isOurs = ({ partition, sizeBytes }: BlockDevice): boolean =>
		partition?.disk === disk.name &&
		partition.startBytes === layout.firstSector * layout.sectorBytes &&
		sizeBytes === layout.sectors * layout.sectorBytes;
	const find = () => parts.listDevices().find(isOurs);
	const partition = await waitFor(parts.waitMs, find, (found) => found !== undefined);
	if (partition === undefined) {
		throw new AppletError(`${disk.path} has its partition table, but the kernel shows no partition of it`);
	}
	parts.makeFileSystem(partition.path);
	writeAll(partition.path, [], () => undefined);
	// Only now is the disk anybody's: on it is what was wished for.
	writeAll(disk.path, [sectorZero(layout, ids.diskId)], () => undefined);
	return partition;
}

/** A whole partition becomes the file system, without a table. */
export function makeInPlace(partition: BlockDevice, makeFileSystem: (device: string) => void): void {
	// `-force` lets mkfs overwrite a file system, but never a mounted one.
	writeAll(partition.path, [], () => undefined);
	makeFileSystem(partition.path);
	writeAll(partition.path, [], () => undefined);
}

/** In this order, and on the disk when it returns. Refused by the kernel while the disk or a part of it is in use. */
function writeAll(path: string, writes: readonly Write[], then: (fd: number) => void): void {
	const fd = openExclusively(path);
	try {
		for (const { offset, bytes } of writes) writeFully(fd, offset, bytes);
		fsyncSync(fd);
		then(fd);
	} finally {
		closeSync(fd);
	}
}

function openExclusively(path: string): number {
	try {
		// Without O_CREAT, O_EXCL is a block device's: nobody else has it mounted or claimed (open(2)).
		return openSync(path, constants.O_RDWR | constants.O_EXCL);
	} catch (cause) {
		const isBusy = hasCode(cause, 'EBUSY');
		const why = isBusy ? 'it is in use: mounted, or part of a RAID or volume group' : String(cause);
		throw new AppletError(`${path} can't be written: ${why}`, { cause });
	}
}

function writeFully(fd: number, offset: number, bytes: Buffer): void {
	let done = 0;
	while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}
