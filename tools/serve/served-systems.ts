// Which systems the served directories have, told before any machine asks.

import { resolve } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { kernelInitrdEndings } from '../output/format-kernel-initrd.ts';
import { type BootSettings, servedSystems } from './boot-answer.ts';
import { isSystemProgram, programEnding } from './efi-choice.ts';
import { isServed, type ServedFiles } from './served-files.ts';

/**
 * Reports what is served, and each machine whose system is not there yet. Throws a `SlipwayError` when nothing of it boots.
 *
 * @param directories - as the user names them
 */
export async function reportServed(
	{ files, machines, system, report }: BootSettings,
	directories: readonly string[],
): Promise<void> {
	const places = directories.map((directory) => resolve(directory));
	const programs = (await files.list()).filter(isSystemProgram);
	const found = [...(await servedSystems(files)), ...programs];
	const named = [...new Set([system, ...machines.map((machine) => machine.system)])].filter(
		(name) => name !== null,
	);
	const absent: string[] = [];
	for (const name of named) {
		if (await isThere(files, name)) found.push(name);
		else absent.push(name);
	}
	const { kernel, initrd } = kernelInitrdEndings;
	if (found.length === 0)
		throw new SlipwayError(
			'NO_FILE',
			`${places.join(', ')}: there is no system to boot, neither NAME${kernel} with NAME${initrd} nor NAME${programEnding}. ` +
				`Build one there: slipway build --dir ${directories[0]} FILE.yml; or name its directory: slipway serve DIR`,
		);
	if (system !== null && absent.includes(system))
		throw new SlipwayError(
			'NO_FILE',
			`--system ${system}: it is not among the systems that are served: ${found.join(', ')}.`,
		);
	report({ event: 'serving', directories: places, systems: [...new Set(found)], absent });
}

async function isThere(files: ServedFiles, system: string): Promise<boolean> {
	for (const ending of [kernelInitrdEndings.kernel, programEnding]) {
		if (await isServed(files, `${system}${ending}`)) return true;
	}
	return false;
}
