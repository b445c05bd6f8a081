// The machine's disks and partitions, as the kernel lists them in /sys/class/block.

import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../../native/linux/has-code.ts';
import { namesIn } from '../../../native/linux/names-in.ts';

export interface BlockDevice {
	/** The kernel's name: `vda`, `nvme0n1p1`. */
	readonly name: string;
	/** Its node in /dev. */
	readonly path: string;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly readOnly: boolean;
	/** Another device is made of it: dm-verity's of the root's partition, a RAID, an encrypted disk. */
	readonly isHeld: boolean;
	/** Is null for a whole disk. */
	readonly partition: { readonly disk: string; readonly number: number; readonly startBytes: number } | null;
}

export interface DeviceFolders {
	readonly sys: string;
	readonly dev: string;
}

/** sysfs counts in these whatever the device's own sectors are. */
const sysSectorBytes = 512;

/** In the order of their names, numbers as numbers. A device that goes away meanwhile is not listed. */
export function listBlockDevices(folders: DeviceFolders): BlockDevice[] {
	const folder = join(folders.sys, 'class/block');
	return readdirSync(folder)
		.flatMap((name) => deviceOf(folder, name, folders) ?? [])
		.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/**
 * A disk that may be taken where none is named. Not: memory, loops, network disks, optical drives, floppies, an eMMC's
 * boot areas, and what is made of other devices.
 */
export function isOrdinaryDisk({ name, partition, sizeBytes }: BlockDevice): boolean {
	return (
		partition === null &&
		sizeBytes > 0 &&
		!/^(loop|nbd|ram|zram|sr|fd|dm-|md|mtdblock|mmcblk\d+(boot|rpmb))/.test(name)
	);
}

function deviceOf(folder: string, name: string, folders: DeviceFolders): BlockDevice | null {
	try {
		const own = realpathSync(join(folder, name));
		const number = (file: string): number => Number(readFileSync(file, 'utf8'));
		const isPartition = exists(join(own, 'partition'));
		const disk = isPartition ? dirname(own) : own;
		return {
			name,
			// The kernel writes "!" for a "/" in a name (`cciss!c0d0`).
			path: join(folders.dev, name.replaceAll('!', '/')),
			sizeBytes: number(join(own, 'size')) * sysSectorBytes,
			sectorBytes: number(join(disk, 'queue/logical_block_size')),
			readOnly: number(join(own, 'ro')) === 1,
			isHeld: namesIn(join(own, 'holders')).length > 0,
			partition: isPartition
				? {
						disk: basename(disk),
						number: number(join(own, 'partition')),
						startBytes: number(join(own, 'start')) * sysSectorBytes,
					}
				: null,
		};
	} catch (error) {
		if (hasCode(error, 'ENOENT', 'ENODEV')) return null;
		throw error;
	}
}

function exists(file: string): boolean {
	try {
		readFileSync(file);
		return true;
	} catch {
		return false;
	}
}
