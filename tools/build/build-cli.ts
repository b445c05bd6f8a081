// Makes `build/slipway`: the host program as one executable. It uses the host's libraries, so nothing is patched.

import { versionConstant } from './project-version.ts';
import { buildExecutable } from './single-executable.ts';

async function buildCli(output: string): Promise<boolean> {
	return await buildExecutable({
		entry: 'tools/slipway.ts',
		output,
		execArgv: ['--no-warnings'],
		define: await versionConstant(),
	});
}

if (import.meta.main) {
	const built = await buildCli('build/slipway');
	console.log(`build/slipway: ${built ? 'built' : 'up to date'}`);
}
