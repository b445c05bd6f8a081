// The GUID partition table: UEFI specification 2.10, chapter 5.3. Both copies, at the two ends of the disk, are read and
// checked.

import { crc32 } from 'node:zlib';
import type { BlockReader } from './block-reader.ts';
import { formatGuid, guidBytes } from './fields.ts';

export const linuxGptType = '0fc63daf-8483-4772-8e79-3d69d8477de4';

export interface GptPartition {
	/** From 1. */
	readonly number: number;
	readonly type: string;
	readonly guid: string;
	readonly name: string;
	readonly firstSector: number;
	readonly sectors: number;
}

export interface Gpt {
	readonly diskGuid: string;
	readonly partitions: readonly GptPartition[];
	/** Describes the fault of one of the two copies; null when both are sound. */
	readonly damage: string | null;
}

const signature = 'EFI PART';
const entryBytes = 128;
const entryCount = 128;
/** The entries of our own tables. */
const arrayBytes = entryBytes * entryCount;

/** Returns null when neither copy has the signature. A table that can't be read has no partitions. */
export function readGpt(reader: BlockReader): Gpt | null {
	const lastSector = Math.floor(reader.sizeBytes / reader.sectorBytes) - 1;
	const [first, second] = [readCopy(reader, 1), readCopy(reader, lastSector)];
	if (first === 'absent' && second === 'absent') return null;
	const damage = [damageOf('first', first), damageOf('second', second)].filter((part) => part !== null);
	const sound = [first, second].find((copy) => typeof copy === 'object');
	const nothing = { diskGuid: '', partitions: [] };
	return { ...(sound ?? nothing), damage: damage.length === 0 ? null : damage.join(', ') };
}

type Copy = Pick<Gpt, 'diskGuid' | 'partitions'> | 'absent' | 'damaged';

function damageOf(which: string, copy: Copy): string | null {
	return typeof copy === 'object' ? null : `its ${which} copy is ${copy}`;
}

function readCopy(reader: BlockReader, sector: number): Copy {
	const header = reader.read(sector * reader.sectorBytes, 512);
	if (header.toString('latin1', 0, 8) !== signature) return 'absent';
	const headerBytes = header.readUInt32LE(12);
	if (headerBytes < 92 || headerBytes > 512) return 'damaged';
	const unsigned = Buffer.from(header.subarray(0, headerBytes));
	unsigned.writeUInt32LE(0, 16);
	if (crc32(unsigned) !== header.readUInt32LE(16)) return 'damaged';
	if (header.readBigUInt64LE(24) !== BigInt(sector)) return 'damaged';
	const [count, size] = [header.readUInt32LE(80), header.readUInt32LE(84)];
	if (size < 128 || size > 4096 || count > 4096) return 'damaged';
	const array = reader.read(Number(header.readBigUInt64LE(72)) * reader.sectorBytes, count * size);
	if (crc32(array) !== header.readUInt32LE(88)) return 'damaged';
	return { diskGuid: formatGuid(header.subarray(56, 72)), partitions: partitionsOf(array, size) };
}

function partitionsOf(array: Buffer, size: number): GptPartition[] {
	const partitions: GptPartition[] = [];
	for (let at = 0; at + size <= array.length; at += size) {
		const entry = array.subarray(at, at + size);
		const type = formatGuid(entry.subarray(0, 16));
		if (type === '') continue;
		const firstSector = Number(entry.readBigUInt64LE(32));
		const [name = ''] = entry.toString('utf16le', 56, 128).split('\0');
		partitions.push({
			number: at / size + 1,
			type,
			guid: formatGuid(entry.subarray(16, 32)),
			name,
			firstSector,
			sectors: Number(entry.readBigUInt64LE(40)) - firstSector + 1,
		});
	}
	return partitions;
}

export interface GptPlan extends Pick<Gpt, 'diskGuid' | 'partitions'> {
	readonly sectorBytes: number;
	/** The number of sectors of the whole disk. */
	readonly sectors: number;
}

/** Bytes and where they belong on the disk, in the order in which to write them: the first copy last. */
export function gptWrites(plan: GptPlan): readonly { readonly offset: number; readonly bytes: Buffer }[] {
	const array = Buffer.alloc(arrayBytes);
	for (const each of plan.partitions) {
		const entry = array.subarray((each.number - 1) * entryBytes, each.number * entryBytes);
		guidBytes(each.type).copy(entry, 0);
		guidBytes(each.guid).copy(entry, 16);
		entry.writeBigUInt64LE(BigInt(each.firstSector), 32);
		entry.writeBigUInt64LE(BigInt(each.firstSector + each.sectors - 1), 40);
		entry.write(each.name.slice(0, 36), 56, 'utf16le');
	}
	const arraySectors = arrayBytes / plan.sectorBytes;
	const last = plan.sectors - 1;
	const copy = (header: number, entries: number, other: number) => [
		{ offset: entries * plan.sectorBytes, bytes: array },
		{ offset: header * plan.sectorBytes, bytes: headerSector(plan, array, header, other, entries) },
	];
	return [...copy(last, last - arraySectors, 1), ...copy(1, 2, last)];
}

function headerSector(plan: GptPlan, array: Buffer, own: number, other: number, entries: number): Buffer {
	const arraySectors = arrayBytes / plan.sectorBytes;
	const header = Buffer.alloc(plan.sectorBytes);
	header.write(signature, 0, 'latin1');
	header.writeUInt32LE(0x00010000, 8);
	header.writeUInt32LE(92, 12);
	header.writeBigUInt64LE(BigInt(own), 24);
	header.writeBigUInt64LE(BigInt(other), 32);
	header.writeBigUInt64LE(BigInt(2 + arraySectors), 40);
	header.writeBigUInt64LE(BigInt(plan.sectors - 2 - arraySectors), 48);
	guidBytes(plan.diskGuid).copy(header, 56);
	header.writeBigUInt64LE(BigInt(entries), 72);
	header.writeUInt32LE(entryCount, 80);
	header.writeUInt32LE(entryBytes, 84);
	header.writeUInt32LE(crc32(array), 88);
	header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
	return header;
}
