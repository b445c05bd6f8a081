// A folder like /sys and one like /dev, with disks that are files.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { DeviceFolders } from '../../../../../pkg/applet/disks/block-devices.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';

export interface MadeUpDevice {
	readonly name: string;
	readonly sectors: number;
	readonly logicalBlockBytes?: number;
	readonly readOnly?: boolean;
	readonly partitions?: readonly {
		readonly number: number;
		readonly start: number;
		readonly sectors: number;
		/** The device that is made of it. */
		readonly holder?: string;
	}[];
}

export function madeUpSystem(t: ExecutionContext, devices: readonly MadeUpDevice[]): DeviceFolders {
	const root = scratchFolder(t);
	const folders = { sys: join(root, 'sys'), dev: join(root, 'dev') };
	mkdirSync(join(folders.sys, 'class/block'), { recursive: true });
	mkdirSync(folders.dev);
	for (const { name, sectors, readOnly = false, logicalBlockBytes = 512, partitions = [] } of devices) {
		const disk = join(folders.sys, 'devices', name);
		mkdirSync(join(disk, 'queue'), { recursive: true });
		writeFileSync(join(disk, 'queue/logical_block_size'), `${logicalBlockBytes}\n`);
		writeEntry(folders, disk, name, { size: sectors, ro: Number(readOnly) });
		for (const part of partitions) {
			const partName = `${name}${/\d$/.test(name) ? 'p' : ''}${part.number}`;
			mkdirSync(join(disk, partName, 'holders'), { recursive: true });
			if (part.holder !== undefined) writeFileSync(join(disk, partName, 'holders', part.holder), '');
			const files = { size: part.sectors, ro: Number(readOnly), partition: part.number, start: part.start };
			writeEntry(folders, join(disk, partName), partName, files);
		}
	}
	return folders;
}

function writeEntry(
	folders: DeviceFolders,
	folder: string,
	name: string,
	files: Record<string, number>,
): void {
	for (const [file, value] of Object.entries(files)) writeFileSync(join(folder, file), `${value}\n`);
	symlinkSync(folder, join(folders.sys, 'class/block', name));
}
