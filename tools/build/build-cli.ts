// Makes `build/slipway`: the host program as one executable. It uses the host's libraries, so nothing is patched.

import { type Starter, starterFile, starters } from '../commands/new.ts';
import { versionConstant } from './project-version.ts';
import { buildExecutable } from './single-executable.ts';

async function buildCli(output: string): Promise<boolean> {
	return await buildExecutable({
		entry: 'tools/slipway.ts',
		output,
		execArgv: ['--no-warnings'],
		define: await versionConstant(),
		assets: Object.fromEntries(
			Object.keys(starters).map((from) => [starterFile(from as Starter), starterFile(from as Starter)]),
		),
	});
}

if (import.meta.main) {
	const built = await buildCli('build/slipway');
	console.log(`build/slipway: ${built ? 'built' : 'up to date'}`);
}
