import { statSync, watch } from 'node:fs';
import test from 'ava';
import { build } from 'esbuild';
import { lazyBuiltinsOfInit } from '../../../../tools/build/build-init.ts';
import { lazyBuiltins } from '../../../../tools/build/lazy-builtins.ts';
import { runProgram } from '../../../helpers/program.ts';

/** The modules of Node that PID 1 loads before its first line. Each one more costs every boot. */
const startBuiltins = ['fs', 'net', 'os', 'path', 'sea', 'timers/promises', 'util', 'v8', 'vm'];

test('PID 1 loads at its start only what a boot needs of Node', async (t) => {
	const { outputFiles } = await build({
		entryPoints: ['init/pid1-main.ts'],
		bundle: true,
		write: false,
		platform: 'node',
		format: 'cjs',
		supported: { 'dynamic-import': false },
		packages: 'external',
		plugins: [lazyBuiltins(lazyBuiltinsOfInit)],
	});
	const script = outputFiles[0]?.text ?? '';
	const required = script.matchAll(/(?<!get: \(\) => )\brequire\("node:([^"]+)"\)/g);
	t.deepEqual([...new Set([...required].map(([, name]) => name))].sort(), startBuiltins);
});

test('build-init.ts builds alone, and leaves alone what is up to date: another test may be copying it', async (t) => {
	const build = () => runProgram(process.execPath, ['tools/build/build-init.ts']);
	await build();
	const seen = new Set<string | null>();
	const watcher = watch('build', (_, name) => void seen.add(name));
	t.teardown(() => watcher.close());
	const made = ['build/init/init', 'build/init/lib/slipway'];
	const before = made.map((path) => statSync(path).ino);
	const { exitCode, stderr } = await build();
	t.is(exitCode, 0, stderr);
	t.true(seen.has('lock'));
	t.deepEqual(
		made.map((path) => statSync(path).ino),
		before,
	);
});
