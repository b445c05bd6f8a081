// The bytes of the media that firmware boots, as parts to join: nothing is copied before the file itself is written.

import { open, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';
import { joinFiles } from '../files/joined.ts';
import { runTool } from '../files/run-tool.ts';
import { bootIso, type IsoPartFile } from '../media/boot-iso.ts';
import { type EfiProgram, efiProgram } from '../media/efi-program.ts';
import { type FatFile, type FatVolume, fatVolume, sectorBytes } from '../media/fat32.ts';
import { gptSectors, gptTables, masterBootRecord, mbrTypes } from '../media/partition-tables.ts';
import { fixedVhdFooter } from '../media/vhd.ts';
import type { BootFiles } from './boot-files.ts';
import type { OutputJob } from './format.ts';
import { withBothConsoles } from './machine-console.ts';
import { readMediaTool } from './media-tools.ts';
import { signedProgram } from './signing-key.ts';

/** The boot files of a system with a kernel. */
export interface MediumFiles extends BootFiles {
	readonly kernel: Content;
}

export type MediumLayout = (boot: MediumFiles, job: OutputJob) => Promise<Content>;

/** Programs of all systems start partitions at 1 MiB. */
const firstPartitionSector = 2048;
/** Larger files than a FAT file system or an ISO image can hold. */
const maxFileBytes = 2 ** 32 - 2 ** 20;
/** The path that firmware starts from a medium without settings. */
const efiPathOf = ({ efi }: Processor): string => `EFI/BOOT/${efi.bootFile}`;
/** Of the volumes: the letters `SLIP`. */
const volumeId = 0x534c_4950;
const label = 'SLIPWAY';

/** One EFI program with all that the system boots from. */
export const unifiedKernel = async (
	{ kernel, initrd, commandLine }: MediumFiles,
	{ output, signing, scratch, processor, efiStub }: OutputJob,
): Promise<EfiProgram> => {
	const { stub } = processor.efi;
	if (efiStub === null) throw new SlipwayError('TOOL_FAILED', `${stub} is not there.`);
	const release = `ID=slipway\nPRETTY_NAME="${basename(output).replaceAll(/["\\$`]/g, '_')}"\n`;
	const program = efiProgram(await readFile(efiStub), stub, [
		{ name: '.osrel', content: bytesContent(Buffer.from(release)) },
		{ name: '.cmdline', content: bytesContent(Buffer.from(withBothConsoles(commandLine, processor))) },
		{ name: '.linux', content: kernel },
		{ name: '.initrd', content: initrd },
	]);
	if (signing === null) return program;
	return { ...(await signedProgram(program, signing, scratch)), startBytes: program.startBytes };
};

/** A disk with GPT and an EFI system partition. */
export const efiDisk: MediumLayout = async (boot, job) => {
	const volume = efiVolume(await unifiedKernel(boot, job), job.processor, firstPartitionSector);
	const sectors = volume.sizeBytes / sectorBytes;
	const endSector = firstPartitionSector + sectors;
	const totalBytes = roundUp((endSector + gptSectors.end) * sectorBytes, 2 ** 20);
	const totalSectors = totalBytes / sectorBytes;
	const partition = { type: 'efiSystem', name: 'EFI', startSector: firstPartitionSector, sectors } as const;
	const tables = gptTables([partition], totalSectors, identityOf(boot, job));
	const protective = { isActive: false, type: mbrTypes.gpt, startSector: 1, sectors: totalSectors - 1 };
	return layOut(
		[
			{ startBytes: 0, content: bytesContent(masterBootRecord(Buffer.alloc(0), [protective])) },
			{ startBytes: sectorBytes, content: bytesContent(tables.start) },
			{ startBytes: firstPartitionSector * sectorBytes, content: volume },
			{ startBytes: totalBytes - tables.end.length, content: bytesContent(tables.end) },
		],
		totalBytes,
	);
};

/** A disk with SYSLINUX in a FAT file system. */
export const biosDisk: MediumLayout = async (boot, job) => {
	const volume = await syslinuxVolume(boot, job);
	const sectors = volume.sizeBytes / sectorBytes;
	const partition = {
		isActive: true,
		type: mbrTypes.fat32,
		startSector: firstPartitionSector,
		sectors,
	};
	const code = Buffer.concat([await readMediaTool('mbr.bin'), Buffer.alloc(440)]).subarray(0, 440);
	const record = masterBootRecord(Buffer.concat([code, Buffer.from('SLIP')]), [partition]);
	const start = firstPartitionSector * sectorBytes;
	return layOut(
		[
			{ startBytes: 0, content: bytesContent(record) },
			{ startBytes: start, content: volume },
		],
		roundUp(start + volume.sizeBytes, 2 ** 20),
	);
};

export const biosIso: MediumLayout = async (boot, job) => await isoOf(boot, job, { bios: true, efi: false });
export const efiIso: MediumLayout = async (boot, job) => await isoOf(boot, job, { bios: false, efi: true });
/**
 * Holds the kernel and the initrd once: the ISO names the parts of the EFI program as files. It is for EFI alone where the
 * processor's machines have no BIOS.
 */
export const hybridIso: MediumLayout = async (boot, job) =>
	await isoOf(boot, job, { bios: job.processor.hasBios, efi: true });

const isoPaths = { kernel: 'boot/kernel', initrd: 'boot/initrd.img', efi: 'efi.img' } as const;

async function isoOf(
	boot: MediumFiles,
	job: OutputJob,
	{ bios, efi }: { readonly bios: boolean; readonly efi: boolean },
): Promise<Content> {
	checkFileSizes(boot);
	const config = loaderConfig(boot, `/${isoPaths.kernel}`, `/${isoPaths.initrd}`);
	const loaderFiles = bios
		? [
				{ path: 'isolinux/isolinux.cfg', content: bytesContent(config) },
				{ path: 'isolinux/ldlinux.c32', content: bytesContent(await readMediaTool('ldlinux.c32')) },
			]
		: [];
	const program = efi ? await unifiedKernel(boot, job) : null;
	const volume = program === null ? null : efiVolume(program, job.processor, 0);
	const bootFiles =
		volume === null
			? [
					{ path: isoPaths.kernel, content: boot.kernel },
					{ path: isoPaths.initrd, content: boot.initrd },
				]
			: [{ path: isoPaths.efi, content: volume }];
	const partOf = (path: string, section: string, sizeBytes: number): IsoPartFile => {
		const inVolume = volume?.startBytes.get(efiPathOf(job.processor)) ?? 0;
		const startBytes = inVolume + (program?.startBytes.get(section) ?? 0);
		return { path, of: isoPaths.efi, startBytes, sizeBytes };
	};
	return bootIso({
		label,
		identity: identityOf(boot, job),
		files: [...loaderFiles, ...bootFiles],
		parts:
			volume === null
				? []
				: [
						partOf(isoPaths.kernel, '.linux', boot.kernel.sizeBytes),
						partOf(isoPaths.initrd, '.initrd', boot.initrd.sizeBytes),
					],
		bios: bios
			? {
					path: 'isolinux/isolinux.bin',
					program: await readMediaTool('isolinux.bin'),
					mbrCode: await readMediaTool('isohdpfx.bin'),
				}
			: null,
		efi: volume === null ? null : isoPaths.efi,
	});
}

function efiVolume(program: Content, processor: Processor, startSector: number): FatVolume {
	return fatVolume([{ path: efiPathOf(processor), content: program }], { startSector, label, volumeId });
}

/** Space for the files that `syslinux --install` adds. */
const loaderBytes = 2 ** 20;

/**
 * The boot sector of SYSLINUX holds the places of its file, so `syslinux` itself writes both: into a file system in which the
 * kernel and the initrd are holes. What it wrote is read back.
 */
async function syslinuxVolume(boot: MediumFiles, { scratch }: OutputJob): Promise<Content> {
	checkFileSizes(boot);
	const config = loaderConfig(boot, '/KERNEL', '/INITRD.IMG');
	const holes = ({ sizeBytes }: Content): Content => ({ sources: [{ holeBytes: sizeBytes }], sizeBytes });
	const files: readonly FatFile[] = [
		{ path: 'SYSLINUX.CFG', content: bytesContent(config) },
		{ path: 'KERNEL', content: holes(boot.kernel) },
		{ path: 'INITRD.IMG', content: holes(boot.initrd) },
	];
	const options = { startSector: firstPartitionSector, label, volumeId, freeBytes: loaderBytes };
	const volume = fatVolume(files, options);
	const frame = join(scratch, 'syslinux-volume');
	await rm(frame, { force: true });
	await joinFiles(volume.sources, frame);
	// The files that it adds have the time of this variable, and not that of now.
	await runTool('syslinux', ['--install', frame], { env: { SOURCE_DATE_EPOCH: '315532800', TZ: 'UTC' } });
	const large: readonly Placed[] = [
		{ startBytes: volume.startBytes.get('KERNEL') ?? 0, content: boot.kernel },
		{ startBytes: volume.startBytes.get('INITRD.IMG') ?? 0, content: boot.initrd },
	];
	return layOut([...large, ...(await readBetween(frame, large, volume.sizeBytes))], volume.sizeBytes);
}

/** Reads what is before, between and behind the contents, without zeros at the ends. */
async function readBetween(path: string, placed: readonly Placed[], sizeBytes: number): Promise<Placed[]> {
	const file = await open(path, 'r');
	try {
		const result: Placed[] = [];
		let start = 0;
		for (const { startBytes, content } of [
			...placed,
			{ startBytes: sizeBytes, content: bytesContent(Buffer.alloc(0)) },
		]) {
			const bytes = Buffer.alloc(startBytes - start);
			await file.read(bytes, 0, bytes.length, start);
			let end = bytes.length;
			while (end > 0 && bytes[end - 1] === 0) end--;
			result.push({ startBytes: start, content: bytesContent(bytes.subarray(0, end)) });
			start = startBytes + content.sizeBytes;
		}
		return result;
	} finally {
		await file.close();
	}
}

/** ISOLINUX and SYSLINUX read the same file. It boots at once; the kernel has the console then. */
function loaderConfig({ commandLine }: MediumFiles, kernel: string, initrd: string): Buffer {
	return Buffer.from(
		`DEFAULT slipway\nPROMPT 0\nLABEL slipway\n  LINUX ${kernel}\n  INITRD ${initrd}\n  APPEND ${commandLine}\n`,
	);
}

/** A disk for BIOS as Hyper-V and Azure have it: the footer follows the disk, whose size is a multiple of 1 MiB. */
export const vhdDisk: MediumLayout = async (boot, job) => {
	const disk = await biosDisk(boot, job);
	const footer = bytesContent(fixedVhdFooter(disk.sizeBytes, identityOf(boot, job)));
	return layOut(
		[
			{ startBytes: 0, content: disk },
			{ startBytes: disk.sizeBytes, content: footer },
		],
		disk.sizeBytes + footer.sizeBytes,
	);
};

/** What makes the ids in a partition table: other systems have other ids, and the same one the same. */
export function identityOf({ commandLine, kernel, initrd }: MediumFiles, { output }: OutputJob): string {
	return [basename(output), commandLine, kernel.sizeBytes, initrd.sizeBytes].join('\n');
}

function checkFileSizes({ kernel, initrd }: MediumFiles): void {
	if (Math.max(kernel.sizeBytes, initrd.sizeBytes) <= maxFileBytes) return;
	throw new SlipwayError(
		'BAD_CONFIG',
		'The initrd is larger than 4 GB, which no FAT file system and no ISO image can hold.',
	);
}
