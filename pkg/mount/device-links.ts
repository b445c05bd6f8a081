// The links of /dev/disk/by-uuid and by-label, which udev makes elsewhere: programs that read them find their disks.

import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { encodeLinkName } from '../applet/disks/find-volume.ts';
import { fileSystemOf, type Volume } from '../applet/disks/volume.ts';

/** Returns what could not be made, as sentences: no reason to fail once the disk is mounted. */
export function makeDeviceLinks(volumes: readonly Volume[], devFolder: string): string[] {
	const problems: string[] = [];
	const links = volumes.flatMap((volume) => {
		const { uuid = '', label = '' } = fileSystemOf(volume) ?? {};
		const target = join('../..', basename(volume.device.path));
		return [
			{ folder: 'by-uuid', name: uuid, target },
			{ folder: 'by-label', name: label, target },
		];
	});
	for (const { folder, name, target } of links) {
		if (name === '' || name === '.' || name === '..') continue;
		const path = join(devFolder, 'disk', folder);
		try {
			makeFolder(path);
			setLink(join(path, encodeLinkName(name)), target);
		} catch (error) {
			problems.push(`no link ${folder}/${name} in ${devFolder}/disk: ${String(error)}`);
		}
	}
	return problems;
}

function setLink(path: string, target: string): void {
	try {
		if (readlinkSync(path) === target) return;
		unlinkSync(path);
	} catch (error) {
		if (!hasCode(error, 'ENOENT')) throw error;
	}
	symlinkSync(target, path);
}
