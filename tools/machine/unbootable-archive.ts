// What a build has written as an archive, and the commands that make of it what a machine boots.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { outputFormats } from '../output/formats.ts';

/** Throws a `SlipwayError` for a file with the ending of a format that is an archive. */
export function checkNoArchive(path: string): void {
	if (!existsSync(path)) return;
	const [found] = outputFormats
		.filter(({ boot, medium }) => boot === null && medium === undefined)
		.flatMap((format) => format.endings.map((ending) => ({ ...format, ending })))
		.filter(({ ending }) => path.endsWith(ending))
		.toSorted((a, b) => b.ending.length - a.ending.length);
	if (found === undefined) return;
	const { name, ending, unpacking } = found;
	const system = basename(path).slice(0, -ending.length);
	const advice =
		unpacking === undefined
			? 'the tree of a system, which no machine boots. Build another format, such as kernel+initrd or iso'
			: `an archive with what a machine boots. Unpack it, and boot that: ${unpacking(path, system)}`;
	throw new SlipwayError('BAD_INPUT', `${path} is of the format ${name}: ${advice}`);
}
