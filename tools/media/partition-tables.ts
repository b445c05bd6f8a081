// Partition tables: the master boot record, with the code of a boot loader, and GPT (UEFI 2.10, chapter 5). Pure.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sectorBytes } from './fat32.ts';

export interface MbrPartition {
	readonly isActive: boolean;
	readonly type: number;
	readonly startSector: number;
	readonly sectors: number;
}

export const mbrTypes = { fat32: 0x0c, linux: 0x83, hiddenIso: 0x17, gpt: 0xee, none: 0 } as const;
const tableStart = 446;
/** Cylinder, head and sector of what is beyond their reach: readers take the sectors' numbers. */
const beyond = [0xfe, 0xff, 0xff] as const;
const maxSectors = 0xffff_ffff;

/** @param code - up to 440 bytes, or 446 with a disk signature in it */
export function masterBootRecord(code: Buffer, partitions: readonly MbrPartition[]): Buffer {
	const sector = Buffer.alloc(sectorBytes);
	code.copy(sector, 0, 0, tableStart);
	for (const [index, { isActive, type, startSector, sectors }] of partitions.entries()) {
		const start = tableStart + 16 * index;
		sector[start] = isActive ? 0x80 : 0;
		sector.set(startSector < 63 ? [0, (startSector % 63) + 1, 0] : beyond, start + 1);
		sector[start + 4] = type;
		sector.set(beyond, start + 5);
		sector.writeUInt32LE(Math.min(startSector, maxSectors), start + 8);
		sector.writeUInt32LE(Math.min(sectors, maxSectors), start + 12);
	}
	sector.writeUInt16LE(0xaa55, 510);
	return sector;
}

export interface GptPartition {
	readonly type: keyof typeof gptTypes;
	readonly name: string;
	readonly startSector: number;
	readonly sectors: number;
}

const gptTypes = {
	efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
	linux: '0fc63daf-8483-4772-8e79-3d69d8477de4',
} as const;

const entryCount = 128;
const entryBytes = 128;
/** Sectors at the start, the master boot record included, and at the end. */
export const gptSectors = { start: 34, end: 33 } as const;

export interface GptTables {
	/** From sector 1 on. */
	readonly start: Buffer;
	/** The last sectors of the disk. */
	readonly end: Buffer;
}

/** @param identity - what makes the ids of the disk and its partitions: the same text gives the same ids */
export function gptTables(
	partitions: readonly GptPartition[],
	totalSectors: number,
	identity: string,
): GptTables {
	const entries = Buffer.alloc(entryCount * entryBytes);
	for (const [index, { type, name, startSector, sectors }] of partitions.entries()) {
		const start = index * entryBytes;
		guidBytes(gptTypes[type]).copy(entries, start);
		partitionGuid(identity, index).copy(entries, start + 16);
		entries.writeBigUInt64LE(BigInt(startSector), start + 32);
		entries.writeBigUInt64LE(BigInt(startSector + sectors - 1), start + 40);
		entries.write(name, start + 56, 72, 'utf16le');
	}
	const header = (own: number, other: number, entriesAt: number): Buffer => {
		const bytes = Buffer.alloc(sectorBytes);
		bytes.write('EFI PART', 0, 'latin1');
		bytes.writeUInt32LE(0x0001_0000, 8);
		bytes.writeUInt32LE(92, 12);
		bytes.writeBigUInt64LE(BigInt(own), 24);
		bytes.writeBigUInt64LE(BigInt(other), 32);
		bytes.writeBigUInt64LE(BigInt(gptSectors.start), 40);
		bytes.writeBigUInt64LE(BigInt(totalSectors - gptSectors.end - 1), 48);
		idBytes(`${identity} disk`).copy(bytes, 56);
		bytes.writeBigUInt64LE(BigInt(entriesAt), 72);
		bytes.writeUInt32LE(entryCount, 80);
		bytes.writeUInt32LE(entryBytes, 84);
		bytes.writeUInt32LE(crc32(entries), 88);
		bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
		return bytes;
	};
	const last = totalSectors - 1;
	return {
		start: Buffer.concat([header(1, last, 2), entries]),
		end: Buffer.concat([entries, header(last, 1, totalSectors - gptSectors.end)]),
	};
}

function partitionGuid(identity: string, index: number): Buffer {
	return idBytes(`${identity} partition ${index}`);
}

/** Returns the id of a partition of `gptTables`, as the kernel's `PARTUUID=` has it. The first index is 0. */
export function gptPartitionId(identity: string, index: number): string {
	const bytes = partitionGuid(identity, index);
	const groups = [
		bytes.subarray(0, 4).reverse(),
		bytes.subarray(4, 6).reverse(),
		bytes.subarray(6, 8).reverse(),
	];
	return [...groups, bytes.subarray(8, 10), bytes.subarray(10)].map((each) => each.toString('hex')).join('-');
}

/** Returns the signature of a disk with a master boot record: bytes 440 to 443. */
export function diskSignature(identity: string): Buffer {
	return createHash('sha256').update(`${identity} disk`).digest().subarray(0, 4);
}

/** Returns the id of a partition of such a disk, as the kernel's `PARTUUID=` has it. The first index is 0. */
export function mbrPartitionId(identity: string, index: number): string {
	const signature = diskSignature(identity).readUInt32LE().toString(16).padStart(8, '0');
	return `${signature}-${(index + 1).toString(16).padStart(2, '0')}`;
}

/** The first three groups of a GUID are little-endian. */
function guidBytes(text: string): Buffer {
	const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
	return Buffer.concat([
		bytes.subarray(0, 4).reverse(),
		bytes.subarray(4, 6).reverse(),
		bytes.subarray(6, 8).reverse(),
		bytes.subarray(8),
	]);
}

/** A UUID of version 8 (RFC 9562): made by a rule of our own, not by chance. */
function idBytes(text: string): Buffer {
	const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
	bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x80;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	return bytes;
}
