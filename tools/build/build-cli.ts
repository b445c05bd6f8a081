// Makes `build/slipway`: the host program as one executable. It uses the host's libraries.

import { readFile, writeFile } from 'node:fs/promises';
import { type Starter, starterFile, starters } from '../commands/new.ts';
import { keepOwnOptions } from './keep-own-options.ts';
import { versionConstant } from './project-version.ts';
import { buildExecutable } from './single-executable.ts';

async function buildCli(output: string): Promise<boolean> {
	return await buildExecutable({
		entry: 'tools/slipway.ts',
		output,
		execArgv: ['--no-warnings'],
		define: await versionConstant(),
		async finish(file) {
			const program = await readFile(file);
			keepOwnOptions(program);
			await writeFile(file, program);
		},
		finishVersion: 'own options',
		assets: Object.fromEntries(
			Object.keys(starters).map((from) => [starterFile(from as Starter), starterFile(from as Starter)]),
		),
	});
}

if (import.meta.main) {
	const built = await buildCli('build/slipway');
	console.log(`build/slipway: ${built ? 'built' : 'up to date'}`);
}
