// Mounts a /var in memory, with the image's files in it: a system with a read-only root still needs a place to write.

import { existsSync, rmdirSync, symlinkSync } from 'node:fs';
import { constant, flags } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { isMountPoint, type MountEntry } from '../../native/linux/mountinfo.ts';
import { initPaths } from '../../supervisor/contract/layout.ts';
import { type CopyCalls, copyTree } from '../root/copy-tree.ts';
import { varFolders, varRow } from './mount-table.ts';

/** Filled first and moved to /var when complete, so that a crash leaves no half-filled /var. */
const { newVar } = initPaths;

/** @param freesSource - true when the image's /var is memory, too: its files are moved instead of copied */
export function mountVar(native: CopyCalls, present: readonly MountEntry[], freesSource: boolean): void {
	if (isMountPoint(present, '/var')) return;
	makeFolder(newVar);
	if (!isMountPoint(present, newVar)) {
		const bits = flags(
			native,
			varRow.flags.map((name) => `MS_${name}`),
		);
		native.mount(varRow.source, newVar, varRow.type, bits, varRow.data);
	}
	if (existsSync('/var')) {
		copyTree(native, {
			from: '/var',
			to: newVar,
			move: freesSource,
			isPinned: () => false,
			isSkipped: () => false,
		});
	}
	native.mount(newVar, '/var', null, constant(native, 'MS_MOVE'), null);
	rmdirSync(newVar);
}

export function makeVarFolders(): void {
	for (const [path, mode] of varFolders) makeFolder(path, mode);
	// A link that exists is the image's own, dangling or not.
	try {
		symlinkSync('/run', '/var/run');
	} catch {
		// EEXIST.
	}
}
