// The names of a build's outputs, and what is left when nobody reads its output any more.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

async function makePlace(t: ExecutionContext) {
	const folder = scratchFolder(t);
	const [store, out] = [join(folder, 'store'), join(folder, 'out')];
	mkdirSync(out);
	await putTestImage(openImageStore(store), 't/init:v1', [{ name: 'init', body: 'init', mode: 0o755 }]);
	const file = (name: string, text: string): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	return { store, out, file };
}

test('slipway build names outputs and lock after the last of several files, as LinuxKit does', async (t) => {
	const { store, out, file } = await makePlace(t);
	const base = file('base.yml', 'init: ["t/init:v1"]\n');
	const special = file('special.linuxkit', 'files: [{path: etc/motd, contents: hello}]\n');
	const options = ['--offline', '--cache', store, '--dir', out, '--format', 'tar', '--write-lock'];
	await runCommand(buildCommand, ...options, base, special);
	t.deepEqual(readdirSync(out), ['special.tar']);
	t.true(readdirSync(join(out, '..')).includes('special.linuxkit.lock'));
	await runCommand(buildCommand, ...options, special, base);
	t.deepEqual(readdirSync(out), ['base.tar', 'special.tar']);
	t.true(readdirSync(join(out, '..')).includes('base.lock'));
});

for (const [what, pipe] of [
	['its progress', '2>&1 >/dev/null | true'],
	['all that it prints', '2>&1 | true'],
	['all but the first line', '2>&1 | head -1 >/dev/null'],
] as const) {
	test(`slipway build ends quietly when nobody reads ${what}, and leaves no temporary file`, async (t) => {
		const { store, out, file } = await makePlace(t);
		const options = [
			'build',
			'--offline',
			'--cache',
			store,
			'--dir',
			out,
			file('a.yml', 'init: ["t/init:v1"]\n'),
		];
		const script = `"$0" tools/slipway.ts "$@" ${pipe}; echo "\${PIPESTATUS[0]}"`;
		const ended = await runProgram('bash', ['--norc', '-c', script, process.execPath, ...options]);
		t.is(ended.stderr, '');
		t.regex(ended.stdout, /^(141|0)\n$/);
		// The reader may go away before the output has its name or after.
		t.deepEqual(
			readdirSync(out).filter((name) => name !== 'a-initrd.img'),
			[],
		);
		t.deepEqual(
			readdirSync(store, { recursive: true }).filter((name) => String(name).includes('.slipway-')),
			[],
		);
	});
}
