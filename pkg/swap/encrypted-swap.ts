// A swap file that is written encrypted, with a key that is nowhere but in the kernel's memory: after a power cut what
// was swapped out can't be read. A loop device over the file (loop(4)), and over that the device mapper's `crypt`
// target (Documentation/admin-guide/device-mapper/dm-crypt.rst), as `cryptsetup open --type plain` makes it.
//
// Both go by themselves when swapoff(2) lets go of them, so that a shutdown needs to know nothing of them.

import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { constant, flags } from '../../native/linux/constant.ts';
import { hasCode } from '../../native/linux/has-code.ts';
import type { Native } from '../../native/native.ts';
import { AppletError } from '../applet/applet.ts';
import { pageSizeBytes, swapHeader } from './swap-header.ts';

type LoopNative = Pick<Native, 'constants' | 'loopFree' | 'loopConfigure'>;
type MapperNative = Pick<Native, 'dmCreate' | 'dmLoad' | 'dmResume' | 'dmRemove'>;

const sectorBytes = 512;
/** AES-256 in XTS mode: two keys. cryptsetup's own default. */
const cipher = 'aes-xts-plain64';
const keyBytes = 64;
/** Between asking for a free loop device and taking it somebody else may do so. */
const loopTries = 8;

/**
 * The file's first page stays as it is, in clear: it says that this is swap, so that the next boot uses it again.
 *
 * @param path - a file that begins with a swap header; its whole pages after that are swapped to
 * @param swapOn - swapon(2) of the device's path
 */
export function encryptedSwap(
	native: LoopNative & MapperNative,
	path: string,
	swapOn: (device: string) => void,
	devFolder = '/dev',
): void {
	const pageBytes = pageSizeBytes();
	const control = openControl(`${devFolder}/mapper/control`, 'dm-mod');
	const name = `swap${path.replaceAll('/', '-')}`.slice(0, 100);
	let loop: Loop | null = null;
	try {
		loop = attachLoop(native, path, devFolder);
		const lengthBytes = Math.floor(loop.sizeBytes / pageBytes) * pageBytes - pageBytes;
		const device = `${devFolder}/dm-${native.dmCreate(control, name)}`;
		try {
			loadKey(native, control, name, { device: loop.path, skipBytes: pageBytes, lengthBytes });
			writeHeader(device, lengthBytes, pageBytes);
			swapOn(device);
		} finally {
			// At once where no swap came of it.
			native.dmRemove(control, name, constant(native, 'DM_DEFERRED_REMOVE'));
		}
	} catch (cause) {
		if (cause instanceof AppletError) throw cause;
		throw new AppletError(`${path} can't be encrypted: ${String(cause)}. Has the kernel dm-crypt and xts?`, {
			cause,
		});
	} finally {
		closeSync(control);
		if (loop !== null) closeSync(loop.fd);
	}
}

interface Loop {
	readonly path: string;
	readonly fd: number;
	/** The size of the file. */
	readonly sizeBytes: number;
}

/** Detached by the kernel when nobody has it open any more. */
function attachLoop(native: LoopNative, path: string, devFolder: string): Loop {
	const control = openControl(`${devFolder}/loop-control`, 'loop');
	// Without it each page of swap would be in memory once more, as a page of the file.
	const how = flags(native, ['LO_FLAGS_AUTOCLEAR', 'LO_FLAGS_DIRECT_IO']);
	const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
	try {
		for (let left = loopTries; ; left -= 1) {
			const device = `${devFolder}/loop${native.loopFree(control)}`;
			const fd = openSync(device, 'r+');
			try {
				native.loopConfigure(fd, file, how);
				return { path: device, fd, sizeBytes: fstatSync(file).size };
			} catch (cause) {
				closeSync(fd);
				if (left === 1 || !hasCode(cause, 'EBUSY')) {
					throw new AppletError(`${device} can't be had for ${path}: ${String(cause)}`, { cause });
				}
			}
		}
	} finally {
		closeSync(file);
		closeSync(control);
	}
}

function openControl(path: string, module: string): number {
	try {
		return openSync(path, 'r+');
	} catch (cause) {
		const hint = `Has the kernel the module ${module}, and the container /dev?`;
		throw new AppletError(`--encrypt needs ${path}: ${String(cause)}. ${hint}`, { cause });
	}
}

interface Below {
	readonly device: string;
	readonly skipBytes: number;
	readonly lengthBytes: number;
}

function loadKey(native: MapperNative, control: number, name: string, below: Below): void {
	const { device, skipBytes, lengthBytes } = below;
	// It is in this process's memory too, which ends in a moment.
	const key = randomBytes(keyBytes).toString('hex');
	// Swap is read and written by pages: so is it encrypted, not by the eight sectors of each.
	const words = [cipher, key, 0, device, skipBytes / sectorBytes, 1, 'sector_size:4096'];
	const lengthSectors = lengthBytes / sectorBytes;
	native.dmLoad(control, name, { type: 'crypt', lengthSectors, parameters: words.join(' ') });
	native.dmResume(control, name);
}

function writeHeader(device: string, lengthBytes: number, pageBytes: number): void {
	const fd = openSync(device, 'r+');
	try {
		writeSync(fd, swapHeader(lengthBytes, pageBytes), 0, pageBytes, 0);
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}
