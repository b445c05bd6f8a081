// Builds systems for boot tests with the real `build/slipway`, from the image store that `make packages` filled.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Finished, runProgram } from './program.ts';
import { scratchFolder } from './scratch-folder.ts';

export const slipwayProgram = resolve('build/slipway');
const folder = resolve('build/test');

let places: NodeJS.ProcessEnv | null = null;

/** The environment of `slipway` with the tests' image store, and machines of this test file's own. */
export function slipwayEnvironment(): NodeJS.ProcessEnv {
	if (places === null) {
		const folder = scratchFolder();
		places = { XDG_RUNTIME_DIR: join(folder, 'run'), XDG_STATE_HOME: join(folder, 'state') };
	}
	const SLIPWAY_CACHE = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');
	return { ...process.env, ...places, SLIPWAY_CACHE };
}

/** Runs `slipway` in that environment. */
export async function slipway(...args: readonly string[]): Promise<Finished> {
	return await runProgram(slipwayProgram, args, { env: slipwayEnvironment() });
}

/** Builds `yaml` and returns the NAME to boot; throws with slipway's own words when that fails. */
export async function buildSystem(
	name: string,
	yaml: string,
	...options: readonly string[]
): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const file = resolve(folder, `${name}.yml`);
	writeFileSync(file, yaml);
	const built = await slipway('build', '--name', name, '--dir', folder, ...options, file);
	if (built.exitCode !== 0) throw new Error(`slipway build failed:\n${built.stderr}`);
	return resolve(folder, name);
}
