// The three files of a built system, by the name that `slipway build` gave them (LinuxKit's names).

import { existsSync, readFileSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';

export interface SystemFiles {
	readonly kernel: string;
	readonly initrd: string;
	/** The contents of NAME-cmdline. */
	readonly commandLine: string;
}

/** @param name - a path without its ending, as in `build/redis-os` */
export function findSystem(name: string): SystemFiles {
	const kernel = `${name}-kernel`;
	const initrd = `${name}-initrd.img`;
	const commandLine = `${name}-cmdline`;
	const missing = [kernel, initrd, commandLine].filter((path) => !existsSync(path));
	if (missing.length > 0) {
		throw new SlipwayError(
			'SYSTEM_MISSING',
			`There is no system named ${name}: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. ` +
				`Build one with: slipway build --name ${name} FILE.yml`,
		);
	}
	return { kernel, initrd, commandLine: readFileSync(commandLine, 'utf8').trim() };
}
