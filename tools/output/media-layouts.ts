// The bytes of the media that firmware boots, as parts to join: nothing is copied before the file itself is written.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { bytesContent, type Content } from '../files/content.ts';
import { bootIso, type IsoPartFile } from '../media/boot-iso.ts';
import { type EfiProgram, efiProgram } from '../media/efi-program.ts';
import { type FatVolume, fatVolume } from '../media/fat32.ts';
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

/** Larger files than a FAT file system or an ISO image can hold. */
const maxFileBytes = 2 ** 32 - 2 ** 20;
/** The path that firmware starts from a medium without settings. */
const efiPathOf = ({ efi }: Processor): string => `EFI/BOOT/${efi.bootFile}`;
/** Of the volumes: the letters `SLIP`. */
export const volumeId = 0x534c_4950;
export const label = 'SLIPWAY';

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

/** @param startSector - where the file system starts on its disk */
export function efiVolume(program: Content, processor: Processor, startSector: number): FatVolume {
	return fatVolume([{ path: efiPathOf(processor), content: program }], { startSector, label, volumeId });
}

/** ISOLINUX and SYSLINUX read the same file. It boots at once; the kernel has the console then. */
export function loaderConfig({ commandLine }: MediumFiles, kernel: string, initrd: string): Buffer {
	return Buffer.from(
		`DEFAULT slipway\nPROMPT 0\nLABEL slipway\n  LINUX ${kernel}\n  INITRD ${initrd}\n  APPEND ${commandLine}\n`,
	);
}

/** What makes the ids in a partition table: other systems have other ids, and the same one the same. */
export function identityOf(
	{ commandLine, kernel, initrd, root }: MediumFiles,
	{ output }: OutputJob,
): string {
	const parts = [basename(output), commandLine, kernel.sizeBytes, initrd.sizeBytes];
	return [...parts, ...(root === null ? [] : [root.digest])].join('\n');
}

export function checkFileSizes({ kernel, initrd }: MediumFiles): void {
	if (Math.max(kernel.sizeBytes, initrd.sizeBytes) <= maxFileBytes) return;
	throw new SlipwayError(
		'BAD_CONFIG',
		'The initrd is larger than 4 GB, which no FAT file system and no ISO image can hold.',
	);
}
