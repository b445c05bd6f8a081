// Finds the UEFI firmware of this host, OVMF (AAVMF for arm64): its code and its variables, which each machine has a copy of.

import { existsSync } from 'node:fs';
import { hostProcessor, type Processor, type ProcessorName } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';

export interface FirmwareFiles {
	/** Paths. */
	readonly code: string;
	readonly variables: string;
	/** QEMU protects the variables from the system; it can for amd64 only. */
	readonly isSecure?: true;
}

/** Debian, Fedora, Arch, Alpine. */
const places: Readonly<Record<ProcessorName, readonly FirmwareFiles[]>> = {
	amd64: [
		{ code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
		{ code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
		{ code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
		{ code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd' },
	],
	arm64: [
		{ code: '/usr/share/AAVMF/AAVMF_CODE.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.fd' },
		{
			code: '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw',
			variables: '/usr/share/edk2/aarch64/vars-template-pflash.raw',
		},
		{ code: '/usr/share/edk2/aarch64/QEMU_CODE.fd', variables: '/usr/share/edk2/aarch64/QEMU_VARS.fd' },
		{ code: '/usr/share/AAVMF/QEMU_EFI.fd', variables: '/usr/share/AAVMF/QEMU_VARS.fd' },
	],
};

/**
 * Firmware that checks signatures, and formatted variables that fit it: Debian, Fedora, Arch. What keys they hold is without meaning,
 * since `slipway keys new` replaces them.
 */
const securePlaces: Readonly<Record<ProcessorName, readonly FirmwareFiles[]>> = {
	amd64: (
		[
			{ code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
			{ code: '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
			{
				code: '/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd',
				variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd',
			},
		] as const
	).map((files) => ({ ...files, isSecure: true })),
	arm64: [{ code: '/usr/share/AAVMF/AAVMF_CODE.ms.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.ms.fd' }],
};

/** The file of `slipway keys new` with the variables of QEMU's firmware for a processor. */
export const variablesNames: Readonly<Record<ProcessorName, string>> = {
	amd64: 'OVMF_VARS.fd',
	arm64: 'AAVMF_VARS.fd',
};

/** The package that has the firmware, by package manager. */
export const firmwarePackages: Readonly<
	Record<ProcessorName, Readonly<Record<'apt-get' | 'dnf' | 'pacman' | 'apk', string>>>
> = {
	amd64: { 'apt-get': 'ovmf', dnf: 'edk2-ovmf', pacman: 'edk2-ovmf', apk: 'ovmf' },
	arm64: { 'apt-get': 'qemu-efi-aarch64', dnf: 'edk2-aarch64', pacman: 'edk2-aarch64', apk: 'aavmf' },
};

function installLine({ name }: Processor): string {
	const packages = firmwarePackages[name];
	return `Install it: apt-get install ${packages['apt-get']} (Debian, Ubuntu), dnf install ${packages.dnf} (Fedora), pacman -S ${packages.pacman} (Arch)`;
}

/** Returns null when this host has none for machines of the processor. */
export function lookForFirmware(processor: Processor = hostProcessor): FirmwareFiles | null {
	return firstOf(places[processor.name]);
}

/** Throws a `SlipwayError` when this host has none for machines of the processor. */
export function findFirmware(processor: Processor): FirmwareFiles {
	const found = lookForFirmware(processor);
	if (found !== null) return found;
	throw new SlipwayError(
		'TOOL_FAILED',
		`This machine has no UEFI firmware for QEMU's machines of ${processor.name}, which this file needs. ` +
			`${installLine(processor)} or apk add ${firmwarePackages[processor.name].apk} (Alpine).`,
	);
}

/** Returns the firmware that checks signatures; null when this host has none for machines of the processor. */
export function lookForSecureFirmware({ name }: Processor): FirmwareFiles | null {
	return firstOf(securePlaces[name]);
}

/** Throws a `SlipwayError` when this host has none for machines of the processor. */
export function findSecureFirmware(processor: Processor): FirmwareFiles {
	const found = lookForSecureFirmware(processor);
	if (found !== null) return found;
	throw new SlipwayError(
		'TOOL_FAILED',
		`This machine has no UEFI firmware with Secure Boot for QEMU's machines of ${processor.name}. ${installLine(processor)}.`,
	);
}

function firstOf(files: readonly FirmwareFiles[]): FirmwareFiles | null {
	return files.find(({ code, variables }) => existsSync(code) && existsSync(variables)) ?? null;
}
