// Makes `build/slipway`: the host program as one executable. It uses the host's libraries.

import { readFile, writeFile } from 'node:fs/promises';
import { type Starter, starterFile, starters } from '../commands/new.ts';
import { type PageFile, pageFilePath, pageFiles } from '../dashboard/page-files.ts';
import { buildAlone } from './build-alone.ts';
import { buildPage } from './build-page.ts';
import { keepOwnOptions } from './keep-own-options.ts';
import { versionConstant } from './project-version.ts';
import { buildExecutable } from './single-executable.ts';

async function buildCli(output: string): Promise<boolean> {
	await buildPage();
	const embedded = [
		...Object.keys(starters).map((from) => starterFile(from as Starter)),
		...Object.keys(pageFiles).map((name) => pageFilePath(name as PageFile)),
	];
	return await buildExecutable({
		entry: 'tools/slipway.ts',
		output,
		// V8's compiler in threads of its own costs a short command memory, and time for what is not compiled when it ends.
		execArgv: ['--no-warnings', '--no-concurrent-recompilation'],
		// For registries, the dashboard and `serve` alone.
		lazyBuiltins: ['node:dgram', 'node:http', 'node:https', 'node:tls'],
		define: await versionConstant(),
		async finish(file) {
			const program = await readFile(file);
			keepOwnOptions(program);
			await writeFile(file, program);
		},
		finishVersion: 'own options',
		assets: Object.fromEntries(embedded.map((file) => [file, file])),
	});
}

if (import.meta.main) {
	const built = await buildAlone('build', () => buildCli('build/slipway'));
	console.log(`build/slipway: ${built ? 'built' : 'up to date'}`);
}
