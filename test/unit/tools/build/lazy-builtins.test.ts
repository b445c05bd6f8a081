import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { build } from 'esbuild';
import { isLazyBuiltin, lazyBuiltins } from '../../../../tools/build/lazy-builtins.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('lazyBuiltins() loads a module of Node at its first use', async (t) => {
	const folder = scratchFolder(t);
	const source = join(folder, 'source.ts');
	writeFileSync(
		source,
		`import https, { request } from 'node:https';
		import { Agent } from 'node:http';
		import { join } from 'node:path';
		const loaded = () => process.moduleLoadList.includes('NativeModule https');
		const before = loaded();
		console.log(JSON.stringify([before, typeof request, request === https.request, loaded(), new Agent().maxSockets, join('a', 'b')]));`,
	);
	const outfile = join(folder, 'out.cjs');
	const plugins = [lazyBuiltins(['node:http', 'node:https'])];
	const options = { bundle: true, platform: 'node', format: 'cjs', metafile: true } as const;
	const { metafile } = await build({ entryPoints: [source], outfile, plugins, ...options });
	const ran = await runProgram(process.execPath, [outfile]);
	t.is(ran.stdout.trim(), '[false,"function",true,true,null,"a/b"]', ran.stderr);
	t.is(Object.keys(metafile.inputs).filter(isLazyBuiltin).length, 2);
});
