// Every command of `slipway` as a process whose output nobody reads any longer: it ends quietly, as `slipway … | head` must.
// Longer work whose reader goes away is in test/ns/tools/commands/interrupted.test.ts.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { commands } from '../../../tools/cli.ts';

const gone = 141;

const ends = test.macro({
	async exec(t, args: readonly string[], closed: 'stdout' | 'stderr', expected: number) {
		const words = ['--no-warnings', resolve('tools/slipway.ts'), ...args];
		const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
		child[closed].destroy();
		const other = text(closed === 'stdout' ? child.stderr : child.stdout);
		t.deepEqual(await once(child, 'exit'), [expected, null]);
		t.is(await other, '');
	},
	title: (_, args: readonly string[], closed) => `slipway ${args.join(' ')}: nobody reads ${closed}`,
});

test.serial(ends, ['--help'], 'stdout', gone);
test.serial(ends, ['--version'], 'stdout', gone);
test.serial(ends, ['schema'], 'stdout', gone);
test.serial(ends, ['completion', 'bash'], 'stdout', gone);
for (const { name } of commands) {
	test.serial(ends, [...name.split(' '), '--help'], 'stdout', gone);
	test.serial(ends, [...name.split(' '), '--no-such-option'], 'stderr', gone);
}

test.serial('slipway says why, when its output can be written no further', (t) => {
	const { status, stderr } = spawnSync(
		process.execPath,
		['--no-warnings', resolve('tools/slipway.ts'), '--help'],
		{
			stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
			encoding: 'utf8',
		},
	);
	t.deepEqual(
		[stderr, status],
		["slipway: The output can't be written: ENOSPC: no space left on device, write.\n", 1],
	);
});
