// Finds out which processor a medium is for: by the header of an EFI program (PE/COFF), or by the name of the program that firmware
// starts from the first FAT file system of a disk or a CD. It reads raw files alone.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type Processor, processors } from '../../supervisor/contract/processors.ts';

const sectorBytes = 512;
const isoSectorBytes = 2048;
/** Of an EFI system partition, as GPT has it. */
const systemPartition = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');
/** The directories of the program are the first clusters of a medium: three, of 32 KiB at most. */
const directoriesBytes = 128 * 1024;

/** Returns null for a file that says nothing of it, such as one for BIOS or one that is not raw. */
export function mediumProcessor(path: string): Processor | null {
	const start = readAt(path, 0, 2 * sectorBytes);
	if (start.toString('latin1', 0, 2) === 'MZ') {
		const header = readAt(path, start.readUInt32LE(0x3c), 6);
		if (header.toString('latin1', 0, 4) !== 'PE\0\0') return null;
		return named(({ efi }) => efi.peMachine === header.readUInt16LE(4));
	}
	const volume = cdVolume(path) ?? diskVolume(path, start);
	if (volume === null) return null;
	const names = firstDirectories(path, volume);
	return named(({ efi }) => names.includes(shortName(efi.bootFile)));
}

/** Returns the El Torito boot catalog of a CD; null for another file. */
export function bootCatalog(path: string): Buffer | null {
	const record = readAt(path, 17 * isoSectorBytes, isoSectorBytes);
	if (record.toString('latin1', 1, 6) !== 'CD001' || record.toString('latin1', 7, 16) !== 'EL TORITO')
		return null;
	return readAt(path, record.readUInt32LE(0x47) * isoSectorBytes, isoSectorBytes);
}

/** Returns the position of the FAT image for EFI, in bytes. It is the catalog's first entry, or that of the section behind it. */
function cdVolume(path: string): number | null {
	const catalog = bootCatalog(path);
	if (catalog === null) return null;
	if (catalog[1] === 0xef) return catalog.readUInt32LE(32 + 8) * isoSectorBytes;
	const hasSection = (catalog[64] ?? 0) >= 0x90 && catalog[65] === 0xef;
	return hasSection ? catalog.readUInt32LE(96 + 8) * isoSectorBytes : null;
}

/** Returns the position of the EFI system partition, in bytes. */
function diskVolume(path: string, start: Buffer): number | null {
	const head = start.subarray(sectorBytes);
	if (head.toString('latin1', 0, 8) !== 'EFI PART') return null;
	const entryBytes = head.readUInt32LE(84);
	const count = Math.min(head.readUInt32LE(80), 128);
	if (entryBytes < 128 || entryBytes > 4096) return null;
	const entries = readAt(path, Number(head.readBigUInt64LE(72)) * sectorBytes, entryBytes * count);
	for (let at = 0; at < entries.length; at += entryBytes) {
		if (entries.subarray(at, at + 16).equals(systemPartition))
			return Number(entries.readBigUInt64LE(at + 32)) * sectorBytes;
	}
	return null;
}

function firstDirectories(path: string, volume: number): Buffer {
	const boot = readAt(path, volume, sectorBytes);
	const tableSectors = boot.readUInt16LE(22) === 0 ? boot.readUInt32LE(36) : boot.readUInt16LE(22);
	const data = (boot.readUInt16LE(14) + (boot[16] ?? 0) * tableSectors) * boot.readUInt16LE(11);
	return readAt(path, volume + data, directoriesBytes);
}

/** Returns a file's name as a directory of FAT has it: `BOOTX64 EFI`. */
function shortName(file: string): string {
	const [name = '', extension = ''] = file.split('.');
	return name.padEnd(8) + extension.padEnd(3);
}

function named(isFor: (processor: Processor) => boolean): Processor | null {
	return Object.values(processors).find(isFor) ?? null;
}

/** Returns zeros for what is behind the end, and for a file that is none. */
export function readAt(path: string, position: number, lengthBytes: number): Buffer {
	const bytes = Buffer.alloc(lengthBytes);
	if (!statSync(path).isFile() || !Number.isSafeInteger(position)) return bytes;
	const file = openSync(path, 'r');
	try {
		readSync(file, bytes, 0, lengthBytes, position);
	} finally {
		closeSync(file);
	}
	return bytes;
}
