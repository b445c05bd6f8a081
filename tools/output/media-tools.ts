// What the formats for firmware take from the host: boot loaders and programs of the distribution. A format asks for its own only.

import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SlipwayError } from '../errors.ts';

export interface MediaTool {
	/** A program's name, or a file's paths: Debian's, Fedora's, Arch's. */
	readonly program?: string;
	readonly paths?: readonly string[];
	/** By package manager. */
	readonly packages: Readonly<Record<'apt-get' | 'dnf' | 'pacman' | 'apk', string>>;
}

const syslinuxElsewhere = { dnf: 'syslinux', pacman: 'syslinux', apk: 'syslinux' } as const;

function syslinuxFile(debianFolder: string, name: string): readonly string[] {
	return [debianFolder, '/usr/share/syslinux', '/usr/lib/syslinux/bios'].map((folder) => `${folder}/${name}`);
}

const everywhere = (name: string) => ({ 'apt-get': name, dnf: name, pacman: name, apk: name });

export const mediaTools = {
	'linuxx64.efi.stub': {
		paths: ['/usr/lib/systemd/boot/efi/linuxx64.efi.stub'],
		packages: {
			'apt-get': 'systemd-boot-efi',
			dnf: 'systemd-boot-unsigned',
			pacman: 'systemd',
			apk: 'systemd-efistub',
		},
	},
	'linuxaa64.efi.stub': {
		paths: ['/usr/lib/systemd/boot/efi/linuxaa64.efi.stub'],
		packages: {
			'apt-get': 'systemd-boot-efi',
			dnf: 'systemd-boot-unsigned',
			pacman: 'systemd',
			apk: 'systemd-efistub',
		},
	},
	'isolinux.bin': {
		paths: syslinuxFile('/usr/lib/ISOLINUX', 'isolinux.bin'),
		packages: { 'apt-get': 'isolinux', ...syslinuxElsewhere },
	},
	'isohdpfx.bin': {
		paths: syslinuxFile('/usr/lib/ISOLINUX', 'isohdpfx.bin'),
		packages: { 'apt-get': 'isolinux', ...syslinuxElsewhere },
	},
	'ldlinux.c32': {
		paths: syslinuxFile('/usr/lib/syslinux/modules/bios', 'ldlinux.c32'),
		packages: { 'apt-get': 'syslinux-common', ...syslinuxElsewhere },
	},
	'mbr.bin': {
		paths: syslinuxFile('/usr/lib/syslinux/mbr', 'mbr.bin'),
		packages: { 'apt-get': 'syslinux-common', ...syslinuxElsewhere },
	},
	syslinux: { program: 'syslinux', packages: { 'apt-get': 'syslinux', ...syslinuxElsewhere } },
	// `syslinux` calls it.
	mcopy: {
		program: 'mcopy',
		packages: { 'apt-get': 'mtools', dnf: 'mtools', pacman: 'mtools', apk: 'mtools' },
	},
	// For --sign-key alone.
	sbsign: {
		program: 'sbsign',
		packages: {
			'apt-get': 'sbsigntool',
			dnf: 'sbsigntools',
			pacman: 'sbsigntools',
			apk: 'sbsigntool',
		},
	},
	// For a machine's TPM alone: `slipway run --tpm`.
	swtpm: { program: 'swtpm', packages: { 'apt-get': 'swtpm', dnf: 'swtpm', pacman: 'swtpm', apk: 'swtpm' } },
	// For kernel+iso. `fakeroot` lets the others see the owners and devices of the tree.
	fakeroot: { program: 'fakeroot', packages: everywhere('fakeroot') },
	unsquashfs: { program: 'unsquashfs', packages: everywhere('squashfs-tools') },
	xorriso: { program: 'xorriso', packages: { ...everywhere('xorriso'), pacman: 'libisoburn' } },
	'qemu-img': {
		program: 'qemu-img',
		packages: { 'apt-get': 'qemu-utils', dnf: 'qemu-img', pacman: 'qemu-img', apk: 'qemu-img' },
	},
} as const satisfies Readonly<Record<string, MediaTool>>;

export type MediaToolName = keyof typeof mediaTools;

export const mediaToolNames = Object.keys(mediaTools) as readonly MediaToolName[];

/** Returns the path of the file or the program; null when this host has none. */
export function findMediaTool(name: MediaToolName, env: NodeJS.ProcessEnv = process.env): string | null {
	const tool: MediaTool = mediaTools[name];
	const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
		(each) => each !== '',
	);
	const paths = tool.paths ?? folders.map((folder) => join(folder, tool.program ?? name));
	const mode = tool.program === undefined ? constants.R_OK : constants.X_OK;
	return paths.find((path) => may(path, mode)) ?? null;
}

/**
 * Returns the error that names all that is missing for a format, and what to type.
 *
 * @param format - or an option of `slipway build`
 */
export function missingToolsError(format: string, missing: readonly MediaToolName[]): SlipwayError {
	const packages = [...new Set(missing.map((name) => mediaTools[name].packages['apt-get']))];
	return new SlipwayError(
		'TOOL_FAILED',
		`${format.startsWith('--') ? format : `The format ${format}`} needs ${missing.join(', ')}, which this machine does not have. On Debian: ` +
			`apt-get install ${packages.join(' ')}; "slipway doctor" names the packages of other systems.`,
	);
}

/** Returns the bytes of a boot loader. `chooseFormats` has looked for it. */
export async function readMediaTool(name: MediaToolName): Promise<Buffer> {
	const path = findMediaTool(name);
	if (path === null) throw new SlipwayError('TOOL_FAILED', `${name} is not there any more.`);
	return await readFile(path);
}

function may(path: string, mode: number): boolean {
	try {
		accessSync(path, mode);
		return true;
	} catch {
		return false;
	}
}
