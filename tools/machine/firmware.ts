// Finds the UEFI firmware of this host, OVMF: its code and its variables, which each machine has a copy of.

import { existsSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';

export interface FirmwareFiles {
	/** Paths. */
	readonly code: string;
	readonly variables: string;
	/** The variables are protected from the system, as Secure Boot needs it. */
	readonly isSecure?: true;
}

/** Debian, Fedora, Arch, Alpine. */
const places: readonly FirmwareFiles[] = [
	{ code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
	{ code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
	{ code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
	{ code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd' },
];

/** Firmware that checks signatures, and variables without keys that fit it: Debian, Fedora, Arch. */
const securePlaces: readonly FirmwareFiles[] = [
	{ code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
	{ code: '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
	{
		code: '/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd',
		variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd',
	},
];

const install =
	'Install OVMF: apt-get install ovmf (Debian, Ubuntu), dnf install edk2-ovmf (Fedora), pacman -S edk2-ovmf (Arch)';

/** Returns null when this host has none. */
export function lookForFirmware(): FirmwareFiles | null {
	return firstOf(places);
}

/** Throws a `SlipwayError` when this host has none. */
export function findFirmware(): FirmwareFiles {
	const found = lookForFirmware();
	if (found !== null) return found;
	throw new SlipwayError(
		'TOOL_FAILED',
		`This machine has no UEFI firmware for QEMU, which this file needs. ${install} or apk add ovmf (Alpine).`,
	);
}

/** Returns the firmware that checks signatures, with blank variables. Throws a `SlipwayError` when this host has none. */
export function findSecureFirmware(): FirmwareFiles {
	const found = firstOf(securePlaces);
	if (found !== null) return { ...found, isSecure: true };
	throw new SlipwayError(
		'TOOL_FAILED',
		`This machine has no UEFI firmware for QEMU with Secure Boot. ${install}.`,
	);
}

function firstOf(files: readonly FirmwareFiles[]): FirmwareFiles | null {
	return files.find(({ code, variables }) => existsSync(code) && existsSync(variables)) ?? null;
}
