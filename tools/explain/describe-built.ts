// What is known of a built system by its files, for `slipway inspect`.

import { statSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';
import { neededMemory } from '../machine/describe-machine.ts';
import { findSystem, type SystemFiles } from '../machine/system-files.ts';
import { readImageSize } from '../output/image-initrd.ts';

interface BuiltFile {
	readonly path: string;
	readonly sizeBytes: number;
}

export interface BuiltDescription {
	readonly name: string;
	readonly files: readonly BuiltFile[];
	readonly commandLine: string;
	/** How the root is held. */
	readonly root: 'image on a disk' | 'image in the initrd' | 'archives in the initrd';
	/** What a machine needs, and what its services need; null when the initrd does not say it. */
	readonly memoryMegabytes: number | null;
}

/** Returns null when there is no system of this name. */
export function describeBuilt(name: string): BuiltDescription | null {
	const system = systemAt(name);
	if (system === null) return null;
	const { kernel, initrd, commandLine, root } = system;
	const paths = [kernel, initrd, ...(root === null ? [] : [root])];
	const inInitrd = readImageSize(initrd) === null ? 'archives in the initrd' : 'image in the initrd';
	return {
		name,
		files: paths.map((path) => ({ path, sizeBytes: statSync(path).size })),
		commandLine,
		root: root === null ? inInitrd : 'image on a disk',
		memoryMegabytes: neededMemory(initrd, commandLine) || null,
	};
}

function systemAt(name: string): SystemFiles | null {
	try {
		return findSystem(name);
	} catch (error) {
		if (error instanceof SlipwayError && error.code === 'NO_FILE') return null;
		throw error;
	}
}
