// The partition table that `format` writes before the file system: one partition over the whole disk. Pure.
//
// As LinuxKit's (sfdisk's own choice) it is a DOS table with a Linux partition from 1 MiB to the end, and a GPT only
// where sectors are too many for that. Until the file system is done, sector 0 has a disk id of its own: a format that
// lost power is known by it, and is begun again. One sector is written whole or not at all.

import { gptWrites, linuxGptType } from '../applet/disks/gpt.ts';
import {
	linuxMbrType,
	type Mbr,
	maxMbrSectors,
	mbrSector,
	protectiveMbrType,
	unfinishedDiskId,
} from '../applet/disks/mbr.ts';

export interface Layout {
	readonly table: 'dos' | 'gpt';
	readonly sectorBytes: number;
	/** The size of the disk. */
	readonly diskSectors: number;
	/** The size of the partition. */
	readonly firstSector: number;
	readonly sectors: number;
}

export interface DiskIds {
	readonly diskId: number;
	readonly diskGuid: string;
	readonly partitionGuid: string;
}

export interface Write {
	readonly offset: number;
	readonly bytes: Buffer;
}

const mebibyte = 2 ** 20;
/** Room at the end for the second copy of a GPT. */
const gptEndBytes = mebibyte;

/** Returns null for a disk that is too small to be worth it. */
export function layoutFor(sizeBytes: number, sectorBytes: number): Layout | null {
	if (sizeBytes < 4 * mebibyte) return null;
	const diskSectors = Math.floor(sizeBytes / sectorBytes);
	const firstSector = mebibyte / sectorBytes;
	const table = diskSectors > maxMbrSectors ? 'gpt' : 'dos';
	const end = table === 'gpt' ? diskSectors - gptEndBytes / sectorBytes : diskSectors;
	return { table, sectorBytes, diskSectors, firstSector, sectors: end - firstSector };
}

/** All but sector 0, which is written before (`sectorZero(layout, null)`) and after it. */
export function tableWrites(layout: Layout, ids: DiskIds): readonly Write[] {
	if (layout.table === 'dos') return [];
	const { firstSector, sectors, sectorBytes, diskSectors } = layout;
	const partition = {
		number: 1,
		type: linuxGptType,
		guid: ids.partitionGuid,
		name: '',
		firstSector,
		sectors,
	};
	return gptWrites({ diskGuid: ids.diskGuid, partitions: [partition], sectorBytes, sectors: diskSectors });
}

/** @param diskId - null while the format is not finished */
export function sectorZero(layout: Layout, diskId: number | null): Write {
	const sector = Buffer.alloc(layout.sectorBytes);
	// UEFI wants 0 in a protective record.
	const id = diskId !== null && layout.table === 'gpt' ? 0 : diskId;
	mbrSector(recordOf(layout, id ?? unfinishedDiskId)).copy(sector);
	return { offset: 0, bytes: sector };
}

/** Sector 0 is exactly the one that we write first: there is nothing of anybody's on this disk. */
export function isUnfinished(sector: Buffer, layout: Layout): boolean {
	const ours = mbrSector(recordOf(layout, unfinishedDiskId));
	return sector.subarray(0, ours.length).equals(ours);
}

/** Old tables and signatures, which would contradict the new ones; nothing lower than sector 1. */
export function wipeWrites(layout: Layout): readonly Write[] {
	const { sectorBytes, diskSectors, firstSector } = layout;
	return [
		{ offset: sectorBytes, bytes: Buffer.alloc((firstSector - 1) * sectorBytes) },
		{ offset: diskSectors * sectorBytes - gptEndBytes, bytes: Buffer.alloc(gptEndBytes) },
	];
}

function recordOf({ table, firstSector, sectors, diskSectors }: Layout, diskId: number): Mbr {
	const rest = Math.min(diskSectors - 1, maxMbrSectors);
	const protective = { number: 1, type: protectiveMbrType, firstSector: 1, sectors: rest };
	const data = { number: 1, type: linuxMbrType, firstSector, sectors };
	return { diskId, partitions: [table === 'gpt' ? protective : data] };
}
