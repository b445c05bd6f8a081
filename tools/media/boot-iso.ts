// An ISO image that firmware boots as a CD (El Torito, 1.0), and, copied to a disk or a USB stick, as that: by ISOLINUX and the
// master boot record of isohybrid for BIOS, by a FAT image and its entry in GPT for EFI.

import { isoHead, isoHeadSectors, isoSectorBytes } from '../archive/iso-volume.ts';
import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';
import { sectorBytes } from './fat32.ts';
import { gptSectors, gptTables, type MbrPartition, masterBootRecord, mbrTypes } from './partition-tables.ts';

export interface IsoFile {
	readonly path: string;
	readonly content: Content;
}

/** A file whose bytes are a part of another's. */
export interface IsoPartFile {
	readonly path: string;
	readonly of: string;
	readonly startBytes: number;
	readonly sizeBytes: number;
}

export interface BootIso {
	readonly label: string;
	/** See `gptTables`. */
	readonly identity: string;
	readonly files: readonly IsoFile[];
	readonly parts: readonly IsoPartFile[];
	readonly bios: BiosLoader | null;
	/** The path of the file that is the FAT image with the EFI program; null for none. */
	readonly efi: string | null;
}

export interface BiosLoader {
	/** The path of `program` in the image. */
	readonly path: string;
	/** isolinux.bin. */
	readonly program: Buffer;
	/** isohdpfx.bin: the code of the master boot record, which starts `program`. */
	readonly mbrCode: Buffer;
}

const sectorsPerIsoSector = isoSectorBytes / sectorBytes;
/** BIOSes take the size of such disks in cylinders of 1 MiB. */
const cylinderBytes = 2 ** 20;
const firstVolumeSector = 16;
/** Firmware reads that many sectors of 512 bytes, ISOLINUX the rest of itself. */
const isolinuxLoadSectors = 4;
/** For an EFI entry the field is too short for images from 32 MB on; up to 1 stands for all until the end of the volume. */
const efiLoadSectors = 1;

export function bootIso(iso: BootIso): Content {
	const loader = iso.bios === null ? [] : [{ path: iso.bios.path, content: bytesContent(iso.bios.program) }];
	const files = [...loader, ...iso.files];
	const catalogSector = isoHeadSectors(
		[...files, ...iso.parts].map(({ path }) => path),
		true,
	);
	const sectors = new Map<string, number>();
	let sector = catalogSector + 1;
	for (const { path, content } of files) {
		sectors.set(path, sector);
		sector += Math.ceil(content.sizeBytes / isoSectorBytes);
	}
	const sectorOf = (path: string): number => sectors.get(path) ?? 0;
	const totalBytes = roundUp(sector * isoSectorBytes + gptSectors.end * sectorBytes, cylinderBytes);
	const head = isoHead({
		label: iso.label,
		files: [
			...files.map(({ path, content }) => ({ path, sector: sectorOf(path), sizeBytes: content.sizeBytes })),
			...iso.parts.map(({ path, of, startBytes, sizeBytes }) => {
				return { path, sector: sectorOf(of) + startBytes / isoSectorBytes, sizeBytes };
			}),
		],
		totalSectors: totalBytes / isoSectorBytes,
		catalogSector,
	});
	const contents = files.map(({ path, content }) => {
		const isLoader = path === iso.bios?.path;
		const own = isLoader ? withBootTable(iso.bios.program, sectorOf(path)) : content;
		return { startBytes: sectorOf(path) * isoSectorBytes, content: own };
	});
	const catalog = bootCatalog(
		iso.bios === null ? null : sectorOf(iso.bios.path),
		iso.efi === null ? null : sectorOf(iso.efi),
	);
	const placed: Placed[] = [
		...systemArea(iso, sectorOf, totalBytes),
		{ startBytes: firstVolumeSector * isoSectorBytes, content: bytesContent(head) },
		{ startBytes: catalogSector * isoSectorBytes, content: bytesContent(catalog) },
		...contents,
	];
	return layOut(placed, totalBytes);
}

/** The start of the image, which ISO 9660 does not use, and the copy of the partition table at the end. */
function systemArea(
	{ bios, efi, files, identity }: BootIso,
	sectorOf: (path: string) => number,
	totalBytes: number,
): Placed[] {
	const totalSectors = totalBytes / sectorBytes;
	const code = bios === null ? Buffer.alloc(0) : hybridCode(bios, sectorOf(bios.path));
	const image = files.find(({ path }) => path === efi);
	if (image === undefined) {
		const whole: MbrPartition = {
			isActive: true,
			type: mbrTypes.hiddenIso,
			startSector: 0,
			sectors: totalSectors,
		};
		return [{ startBytes: 0, content: bytesContent(masterBootRecord(code, [whole])) }];
	}
	const tables = gptTables(
		[
			{
				type: 'efiSystem',
				name: 'EFI',
				startSector: sectorOf(image.path) * sectorsPerIsoSector,
				sectors: image.content.sizeBytes / sectorBytes,
			},
		],
		totalSectors,
		identity,
	);
	const protective = { isActive: false, type: mbrTypes.gpt, startSector: 1, sectors: totalSectors - 1 };
	// Some BIOSes boot no disk without an active partition. UEFI ignores one of no type.
	const active = { isActive: true, type: mbrTypes.none, startSector: 0, sectors: 1 };
	const partitions = bios === null ? [protective] : [protective, active];
	return [
		{ startBytes: 0, content: bytesContent(masterBootRecord(code, partitions)) },
		{ startBytes: sectorBytes, content: bytesContent(tables.start) },
		{ startBytes: totalBytes - tables.end.length, content: bytesContent(tables.end) },
	];
}

/** The place of ISOLINUX, in sectors of 512 bytes, follows the code of isohybrid; a disk signature follows that. */
function hybridCode({ mbrCode }: BiosLoader, sector: number): Buffer {
	const code = Buffer.alloc(446);
	mbrCode.copy(code, 0, 0, 432);
	code.writeUInt32LE(sector * sectorsPerIsoSector, 432);
	code.write('SLIP', 440, 'latin1');
	return code;
}

/** The boot information table that mkisofs's `-boot-info-table` writes. */
function withBootTable(program: Buffer, sector: number): Content {
	const bytes = Buffer.from(program);
	bytes.fill(0, 8, 64);
	bytes.writeUInt32LE(firstVolumeSector, 8);
	bytes.writeUInt32LE(sector, 12);
	bytes.writeUInt32LE(program.length, 16);
	const words = Buffer.concat([program.subarray(64), Buffer.alloc(-program.length & 3)]);
	let sum = 0;
	for (let offset = 0; offset < words.length; offset += 4) sum = (sum + words.readUInt32LE(offset)) >>> 0;
	bytes.writeUInt32LE(sum, 20);
	return bytesContent(bytes);
}

const platforms = { bios: 0, efi: 0xef } as const;

/** @param bios - the sector of the program; `efi` - the sector of the FAT image. One of them is there. */
function bootCatalog(bios: number | null, efi: number | null): Buffer {
	const catalog = Buffer.alloc(isoSectorBytes);
	catalog.set([1, bios === null ? platforms.efi : platforms.bios]);
	catalog.set([0x55, 0xaa], 30);
	let sum = 0;
	for (let offset = 0; offset < 32; offset += 2) sum += catalog.readUInt16LE(offset);
	catalog.writeUInt16LE(-sum & 0xffff, 28);
	const entry = (offset: number, sector: number, loadSectors: number): void => {
		catalog[offset] = 0x88;
		catalog.writeUInt16LE(loadSectors, offset + 6);
		catalog.writeUInt32LE(sector, offset + 8);
	};
	if (bios === null) {
		if (efi !== null) entry(32, efi, efiLoadSectors);
		return catalog;
	}
	entry(32, bios, isolinuxLoadSectors);
	if (efi === null) return catalog;
	// The header of the last section, and its one entry.
	catalog.set([0x91, platforms.efi, 1, 0], 64);
	entry(96, efi, efiLoadSectors);
	return catalog;
}
