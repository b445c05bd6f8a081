// Looks at the file of a medium before QEMU has it. An image of qcow2 or vmdk can name other files of this machine, which the guest
// would then read, or write to: a medium may come from anybody, so such a one is refused. So is one whose end is missing.

import { accessSync, constants, statSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';
import type { Medium } from '../output/format.ts';
import { kernelProcessor } from './kernel-processor.ts';
import { neededLength, programLength } from './medium-length.ts';
import { readAt } from './medium-processor.ts';
import type { SystemFiles } from './system-files.ts';

const sectorBytes = 512;
/** As much of a descriptor as QEMU reads. */
const descriptorBytes = 20 * sectorBytes;
/** Of qcow2's incompatible features: the data is in another file. */
const hasDataFile = 1n << 2n;

/** Throws a `SlipwayError` for what is no such image, or a part of one, and for one of several files. */
export function checkMedium(path: string, imageFormat: Medium['imageFormat']): void {
	const sizeBytes = readableSize(path);
	if (sizeBytes === 0) throw refused(path, 'it is empty');
	if (imageFormat === 'qcow2') checkQcow2(path);
	if (imageFormat === 'vmdk') checkVmdk(path);
	if (imageFormat === 'vpc' && !isVhdFooter(path, sizeBytes - sectorBytes))
		throw refused(path, 'it is no VHD, or a part of one');
	checkLength(path, sizeBytes, neededLength(path, imageFormat));
}

/**
 * Throws a `SlipwayError` for a file that QEMU refuses in words of its own, and for a kernel that is cut: the guest would restart in
 * silence. An initrd that is cut is told by the guest.
 */
export function checkSystem({ kernel, initrd, root }: Pick<SystemFiles, 'kernel' | 'initrd' | 'root'>): void {
	for (const path of [kernel, initrd, ...(root === null ? [] : [root])])
		if (readableSize(path) === 0) throw refused(path, 'it is empty');
	// QEMU also boots an ELF program and, on arm64, a kernel in gzip, which do not say what they are for.
	const start = readAt(kernel, 0, 4).toString('latin1');
	const isOther = start.startsWith('\x7fELF') || start.startsWith('\x1f\x8b');
	if (kernelProcessor(kernel) === null && !isOther) throw refused(kernel, 'it is no kernel');
	checkLength(kernel, readableSize(kernel), programLength(kernel) ?? 0);
}

function checkLength(path: string, sizeBytes: number, neededBytes: number): void {
	if (sizeBytes < neededBytes)
		throw refused(path, `its end is missing: it has ${sizeBytes} bytes of at least ${neededBytes}`);
}

function readableSize(path: string): number {
	try {
		const found = statSync(path);
		if (!found.isFile()) throw refused(path, found.isDirectory() ? 'it is a directory' : 'it is no file');
		accessSync(path, constants.R_OK);
		return found.size;
	} catch (cause) {
		if (cause instanceof SlipwayError) throw cause;
		throw new SlipwayError('NO_FILE', `${path} can't be read: ${(cause as Error).message}`, { cause });
	}
}

/** QEMU's docs/interop/qcow2.txt. */
function checkQcow2(path: string): void {
	const header = readAt(path, 0, 80);
	if (header.toString('latin1', 0, 4) !== 'QFI\xfb') throw refused(path, 'it is no qcow2 image');
	const features = header.readUInt32BE(4) >= 3 ? header.readBigUInt64BE(72) : 0n;
	if (header.readBigUInt64BE(8) !== 0n || (features & hasDataFile) !== 0n) throw ofSeveral(path, 'qcow2');
}

/** VMware's Virtual Disk Format 5.0; QEMU reads an image of the older kind, COWD, too. */
function checkVmdk(path: string): void {
	const header = readAt(path, 0, sectorBytes);
	const magic = header.toString('latin1', 0, 4);
	// A descriptor alone, which is a text, and a header without a capacity list files with the data.
	if (/^# ?Disk/i.test(header.toString('latin1'))) throw ofSeveral(path, 'vmdk');
	if (magic !== 'KDMV') throw refused(path, 'it is no vmdk image, or one of a kind that is too old');
	// QEMU looks for the name of a parent in the second sector, wherever the header says that the descriptor is.
	const text = readAt(path, sectorBytes, descriptorBytes).toString('latin1');
	if (header.readBigUInt64LE(12) === 0n || /parentFileNameHint/i.test(text)) throw ofSeveral(path, 'vmdk');
}

const isVhdFooter = (path: string, start: number): boolean =>
	start >= 0 && readAt(path, start, 8).toString('latin1') === 'conectix';

function refused(path: string, why: string): SlipwayError {
	return new SlipwayError('BAD_INPUT', `${path} can't be booted: ${why}. Build it, or copy it, once more.`);
}

function ofSeveral(path: string, format: string): SlipwayError {
	return new SlipwayError(
		'BAD_INPUT',
		`${path} names other files that belong to it, and the guest would read these. If you trust it, join them: ` +
			`qemu-img convert -O ${format === 'vmdk' ? 'vmdk -o subformat=streamOptimized' : format} ${path} NEW.${format}`,
	);
}
