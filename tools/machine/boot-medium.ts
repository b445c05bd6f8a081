// What a machine boots by firmware: a disk, a CD or an EFI program, and which firmware starts it. It is read from the file itself, so
// an image of another tool boots too.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import type { Firmware, Medium } from '../output/format.ts';
import { outputFormats } from '../output/formats.ts';
import { type FirmwareFiles, findFirmware, findSecureFirmware, variablesNames } from './firmware.ts';
import { bootCatalog, mediumProcessor, readAt } from './medium-processor.ts';
import { checkNoArchive } from './unbootable-archive.ts';

/** The controllers and buses by which a machine has the medium. */
export const mediumDrives = ['cdrom', 'virtio', 'scsi', 'sata', 'nvme', 'usb'] as const;
export type MediumDrive = (typeof mediumDrives)[number];

export interface MediumChoice {
	readonly firmware?: 'auto' | Firmware;
	readonly drive?: 'auto' | MediumDrive;
	/** A file with the firmware's variables in which keys are enrolled: it starts only what is signed. */
	readonly secureBoot?: string | undefined;
	/** What the guest writes to the disk stays in the file. */
	readonly keep?: boolean | undefined;
}

export interface BootMedium {
	readonly path: string;
	readonly imageFormat: Medium['imageFormat'];
	/** `program`: an EFI program, which QEMU puts into a file system. */
	readonly drive: MediumDrive | 'program';
	/** See `MediumChoice`. */
	readonly keep?: true;
	/** Null for BIOS, which QEMU brings along. */
	readonly uefi: FirmwareFiles | null;
}

const kinds: Readonly<Record<string, Pick<Medium, 'device' | 'imageFormat'>>> = {
	'.efi': { device: 'program', imageFormat: 'raw' },
	'.iso': { device: 'cdrom', imageFormat: 'raw' },
	'.img': { device: 'disk', imageFormat: 'raw' },
	'.raw': { device: 'disk', imageFormat: 'raw' },
	'.qcow2': { device: 'disk', imageFormat: 'qcow2' },
	'.vmdk': { device: 'disk', imageFormat: 'vmdk' },
	'.vhd': { device: 'disk', imageFormat: 'vpc' },
};

/**
 * Returns the file that a name stands for: itself, or the one medium of the system of that name. Null for none. Throws a
 * `SlipwayError` when there are several, for the name of a medium that is not there, and for an archive.
 */
export function findMediumFile(name: string): string | null {
	if (kindOf(name) !== null && existsSync(name)) return name;
	checkNoArchive(name);
	const endings = new Set(
		outputFormats.flatMap(({ medium, endings }) => (medium === undefined ? [] : endings)),
	);
	const found = [...endings].map((ending) => `${name}${ending}`).filter((path) => existsSync(path));
	const [first, ...more] = found;
	if (first === undefined) {
		checkNoMediumName(name);
		return null;
	}
	if (more.length === 0) return first;
	throw new SlipwayError('BAD_INPUT', `${name} stands for ${found.join(', ')}. Name one of these files.`);
}

/** Throws a `SlipwayError` for a name with the ending of a medium. The format is that which writes such a name, else one of such files. */
function checkNoMediumName(path: string): void {
	const formats = outputFormats
		.flatMap(({ name, medium, endings }) =>
			medium === undefined ? [] : endings.map((ending) => ({ name, ending })),
		)
		.toSorted((a, b) => b.ending.length - a.ending.length);
	const kind = kindOf(path);
	const format =
		formats.find(({ ending }) => path.endsWith(ending)) ??
		formats.find(({ ending }) => kind !== null && kindOf(ending) === kind);
	if (format === undefined) return;
	const system = path.endsWith(format.ending)
		? basename(path).slice(0, -format.ending.length)
		: basename(path, extname(path));
	throw new SlipwayError(
		'NO_FILE',
		`There is no file ${path}. Build one with: slipway build --format ${format.name} --name ${system === '' ? 'NAME' : system} FILE.yml`,
	);
}

/** Returns the name of the system that is in a medium. */
export function mediumSystemName(path: string): string {
	return path.replace(/(-efi-initrd|-efi|-bios)?\.\w+$/, '');
}

/**
 * Throws a `SlipwayError` for a file that no firmware boots, and for firmware that this machine does not have.
 *
 * @param processor - of the machine; by default that of the medium
 */
export function describeMedium(
	path: string,
	choice: MediumChoice,
	processor: Processor = mediumProcessor(path) ?? hostProcessor,
): BootMedium {
	const kind = kindOf(path);
	if (kind === null) throw new SlipwayError('BAD_INPUT', `${path} is no medium that a machine boots.`);
	const { device, imageFormat } = kind;
	const { firmware: asked = 'auto', drive: askedDrive = 'auto', secureBoot, keep = false } = choice;
	if (keep) checkWritable(path, kind);
	const firmwares = imageFormat === 'raw' ? firmwaresOf(path, device) : firmwaresByName(path);
	const usualFirmware =
		secureBoot === undefined ? firmwares[0] : (firmwares.find((each) => each === 'uefi') ?? firmwares[0]);
	const firmware = asked === 'auto' ? usualFirmware : asked;
	if (device === 'program' && (firmware !== 'uefi' || askedDrive !== 'auto'))
		throw new SlipwayError('BAD_INPUT', `${path} is an EFI program: leave out --firmware and --drive.`);
	checkHardware(firmware, askedDrive, processor);
	const usual = device === 'disk' ? 'virtio' : device;
	return {
		path,
		imageFormat,
		drive: askedDrive === 'auto' ? usual : askedDrive,
		uefi: firmwareFiles(path, firmware, secureBoot, processor),
		...(keep && { keep }),
	};
}

/** Returns QEMU's name of the format, by the file's ending. */
export function mediumFormat(path: string): Medium['imageFormat'] {
	return kindOf(path)?.imageFormat ?? 'raw';
}

function kindOf(path: string): (typeof kinds)[string] | null {
	const extension = /\.\w+$/.exec(basename(path))?.[0] ?? '';
	return kinds[extension] ?? null;
}

/** Throws a `SlipwayError` for a file in which nothing that a guest writes can stay. */
function checkWritable(path: string, { device, imageFormat }: (typeof kinds)[string]): void {
	if (device !== 'disk' || imageFormat === 'vmdk') {
		const message = `--keep is for disks that can be written to, and ${path} is none. Build a format such as raw-efi or qcow2-efi, or give the machine a disk: --disk size=1G.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	try {
		accessSync(path, constants.W_OK);
	} catch (cause) {
		throw new SlipwayError('NO_FILE', `--keep: ${path} can't be written to. Make a copy that can.`, {
			cause,
		});
	}
}

/** Throws a `SlipwayError` for what QEMU's machine of the processor does not have. */
function checkHardware(firmware: Firmware, drive: 'auto' | MediumDrive, processor: Processor): void {
	const { name, hasBios, qemu } = processor;
	if (firmware === 'bios' && !hasBios) {
		const message = `Machines for ${name} have no BIOS. Build a format for UEFI, such as iso or raw-efi, and leave out --firmware.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	if (drive === 'sata' && !qemu.hasSata) {
		const drives = mediumDrives.filter((each) => each !== 'sata');
		const message = `--drive sata: the machine for ${name} starts from no SATA disk. Drives: ${drives.join(', ')}.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
}

/** Returns null for BIOS. */
function firmwareFiles(
	path: string,
	firmware: Firmware,
	variables: string | undefined,
	processor: Processor,
): FirmwareFiles | null {
	if (variables === undefined) return firmware === 'uefi' ? findFirmware(processor) : null;
	if (firmware === 'bios') {
		const message = `--secure-boot is for UEFI, and ${path} is booted by BIOS. Leave out --firmware, or build a format for EFI, such as uki or raw-efi.`;
		throw new SlipwayError('BAD_INPUT', message);
	}
	const secure = findSecureFirmware(processor);
	checkVariables(variables, secure, variablesNames[processor.name]);
	return { ...secure, variables };
}

/** QEMU maps code and variables one behind the other, so another size than that of its own variables fits no code. */
function checkVariables(path: string, { variables: usual }: FirmwareFiles, name: string): void {
	try {
		accessSync(path, constants.R_OK);
	} catch (cause) {
		const message = `--secure-boot ${path}: the file can't be read. "slipway keys new DIR" makes DIR/${name}.`;
		throw new SlipwayError('NO_FILE', message, { cause });
	}
	const { size } = statSync(usual);
	if (statSync(path).isFile() && statSync(path).size === size) return;
	const message = `--secure-boot ${path}: expected variables of the firmware, a file of ${size} bytes. "slipway keys new DIR" makes DIR/${name}.`;
	throw new SlipwayError('BAD_INPUT', message);
}

function firmwaresByName(path: string): readonly [Firmware] {
	return /-efi\.\w+$/.test(path) ? ['uefi'] : ['bios'];
}

/** Reads which firmware starts the file; BIOS is first, as it is the faster one. */
function firmwaresOf(path: string, device: Medium['device']): readonly [Firmware, ...Firmware[]] {
	const start = readAt(path, 0, 512);
	if (device === 'program') {
		if (start.toString('latin1', 0, 2) === 'MZ') return ['uefi'];
		throw notBootable(path, 'it is no EFI program');
	}
	const found = new Set<Firmware>();
	const catalog = bootCatalog(path);
	if (catalog !== null) {
		// The platforms of the first entry and of the section that may follow it.
		for (const platform of [catalog[1], ...((catalog[64] ?? 0) >= 0x90 ? [catalog[65]] : [])])
			found.add(platform === 0xef ? 'uefi' : 'bios');
	} else if (start.readUInt16LE(510) === 0xaa55) {
		if (start.subarray(0, 440).some((byte) => byte !== 0)) found.add('bios');
		if (readAt(path, 512, 512).toString('latin1', 0, 8) === 'EFI PART') found.add('uefi');
	}
	const firmwares = (['bios', 'uefi'] as const).filter((each) => found.has(each));
	const [first, ...more] = firmwares;
	if (first === undefined) throw notBootable(path, 'it has no boot record and no partition table');
	return [first, ...more];
}

function notBootable(path: string, why: string): SlipwayError {
	return new SlipwayError(
		'BAD_INPUT',
		`${path} can't be booted: ${why}. "slipway build --format iso FILE.yml" makes a CD, for example.`,
	);
}
