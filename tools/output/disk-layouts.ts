// The bytes of disks: a partition that the firmware starts, one with the root where the initrd does not hold it, and one for data.

import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { bytesContent, type Content, layOut, type Placed, roundUp } from '../files/content.ts';
import { joinFiles } from '../files/joined.ts';
import { runTool } from '../files/run-tool.ts';
import { type FatFile, fatVolume, sectorBytes } from '../media/fat32.ts';
import {
	diskSignature,
	gptPartitionId,
	gptSectors,
	gptTables,
	masterBootRecord,
	mbrPartitionId,
	mbrTypes,
} from '../media/partition-tables.ts';
import { fixedVhdFooter } from '../media/vhd.ts';
import type { OutputJob } from './format.ts';
import {
	checkFileSizes,
	efiVolume,
	identityOf,
	label,
	loaderConfig,
	type MediumFiles,
	type MediumLayout,
	unifiedKernel,
	volumeId,
} from './media-layouts.ts';
import { readMediaTool } from './media-tools.ts';
import { withPartitionRoot } from './root-type.ts';

const alignmentBytes = 2 ** 20;
/** Programs of all systems start partitions at 1 MiB. */
const firstPartitionSector = alignmentBytes / sectorBytes;

/** A smaller partition for data is not worth a file system; pkg/format refuses it. */
const minDataBytes = 4 * alignmentBytes;
/** The sectors that a master boot record can count. */
const maxDiskBytes = 2 ** 32 * sectorBytes - alignmentBytes;

type PartitionKind = 'boot' | 'root' | 'data';

interface Partition extends Placed {
	readonly kind: PartitionKind;
	readonly startSector: number;
	readonly sectors: number;
}

interface Partitions {
	readonly partitions: readonly Partition[];
	readonly totalBytes: number;
}

/**
 * Returns the partitions one behind the other, and the size of the disk. With `--size` the last one is for data, and blank.
 *
 * @param endBytes - what the table takes at the end of the disk
 */
function placePartitions(
	{ diskBytes }: Pick<OutputJob, 'diskBytes'>,
	volume: Content,
	root: Content | null,
	endBytes: number,
): Partitions {
	const partitions: Partition[] = [];
	let free = alignmentBytes;
	const add = (kind: PartitionKind, content: Content): void => {
		const sizeBytes = roundUp(content.sizeBytes, sectorBytes);
		const [startSector, sectors] = [free / sectorBytes, sizeBytes / sectorBytes];
		partitions.push({ kind, content, startBytes: free, startSector, sectors });
		free = roundUp(free + sizeBytes, alignmentBytes);
	};
	const end = (): number =>
		Math.max(...partitions.map((each) => (each.startSector + each.sectors) * sectorBytes));
	add('boot', volume);
	if (root !== null) add('root', root);
	if (diskBytes === null) return { partitions, totalBytes: roundUp(end() + endBytes, alignmentBytes) };
	const totalBytes = diskBytes - (diskBytes % alignmentBytes);
	const dataBytes = totalBytes - roundUp(endBytes, alignmentBytes) - free;
	if (dataBytes < minDataBytes) throw tooSmall(diskBytes, totalBytes - dataBytes);
	if (totalBytes > maxDiskBytes) throw tooLarge(diskBytes);
	add('data', { sources: [{ holeBytes: dataBytes }], sizeBytes: dataBytes });
	return { partitions, totalBytes };
}

const sizeText = (bytes: number): string => `${Math.floor(bytes / alignmentBytes)}M`;

function tooSmall(diskBytes: number, systemBytes: number): SlipwayError {
	const [given, system, data, least] = [diskBytes, systemBytes, minDataBytes, systemBytes + minDataBytes].map(
		sizeText,
	);
	const message = `--size ${given}: the system takes ${system} of the disk, and a partition for data at least ${data}. Write --size ${least} or more.`;
	return new SlipwayError('BAD_INPUT', message);
}

function tooLarge(diskBytes: number): SlipwayError {
	const message = `--size ${sizeText(diskBytes)}: the largest disk is ${sizeText(maxDiskBytes)}. Put the data on a disk of its own.`;
	return new SlipwayError('BAD_INPUT', message);
}

/** The index of the root among the partitions. */
const rootIndex = 1;

/** How GPT and the master boot record describe the partitions. */
const kinds = {
	boot: { gpt: { type: 'efiSystem', name: 'EFI' }, isActive: true, mbrType: mbrTypes.fat32 },
	root: { gpt: { type: 'linux', name: 'root' }, isActive: false, mbrType: mbrTypes.linux },
	data: { gpt: { type: 'linux', name: 'data' }, isActive: false, mbrType: mbrTypes.linux },
} as const satisfies Readonly<Record<PartitionKind, object>>;

/** A disk with GPT and an EFI system partition. */
export const efiDisk: MediumLayout = async (boot, job) => {
	const identity = identityOf(boot, job);
	const { root } = boot;
	const started =
		root === null
			? boot
			: { ...boot, commandLine: withPartitionRoot(boot.commandLine, gptPartitionId(identity, rootIndex)) };
	const volume = efiVolume(await unifiedKernel(started, job), job.processor, firstPartitionSector);
	const { partitions, totalBytes } = placePartitions(job, volume, root, gptSectors.end * sectorBytes);
	const totalSectors = totalBytes / sectorBytes;
	const named = partitions.map(({ kind, startSector, sectors }) => ({
		...kinds[kind].gpt,
		startSector,
		sectors,
	}));
	const tables = gptTables(named, totalSectors, identity);
	const protective = { isActive: false, type: mbrTypes.gpt, startSector: 1, sectors: totalSectors - 1 };
	return layOut(
		[
			{ startBytes: 0, content: bytesContent(masterBootRecord(Buffer.alloc(0), [protective])) },
			{ startBytes: sectorBytes, content: bytesContent(tables.start) },
			...partitions,
			{ startBytes: totalBytes - tables.end.length, content: bytesContent(tables.end) },
		],
		totalBytes,
	);
};

/** A disk with SYSLINUX in a FAT file system. */
export const biosDisk: MediumLayout = async (boot, job) => {
	const identity = identityOf(boot, job);
	const { root } = boot;
	const started =
		root === null
			? boot
			: { ...boot, commandLine: withPartitionRoot(boot.commandLine, mbrPartitionId(identity, rootIndex)) };
	const volume = await syslinuxVolume(started, job);
	const { partitions, totalBytes } = placePartitions(job, volume, root, 0);
	const code = Buffer.concat([await readMediaTool('mbr.bin'), Buffer.alloc(440)]).subarray(0, 440);
	const record = masterBootRecord(
		Buffer.concat([code, diskSignature(identity)]),
		partitions.map(({ kind, startSector, sectors }) => {
			const { isActive, mbrType: type } = kinds[kind];
			return { isActive, type, startSector, sectors };
		}),
	);
	return layOut([{ startBytes: 0, content: bytesContent(record) }, ...partitions], totalBytes);
};

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
