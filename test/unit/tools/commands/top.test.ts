import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const command = `${process.execPath} --no-warnings ${resolve('tools/slipway.ts')} top --host ssh://root@192.0.2.1`;

/** Runs a line of sh on a terminal, by script(1), with a host that has one service. */
function onTerminal(t: ExecutionContext, folder: string, line: string) {
	const service = { name: 'redis', state: 'ready', ready: true, restarts: 1, cpuSeconds: 1, tasks: 3 };
	writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${JSON.stringify(service)}'\n`, { mode: 0o755 });
	const top = spawn('script', ['-qec', line, '/dev/null'], {
		env: { ...process.env, SHELL: '/bin/sh', PATH: `${folder}:${process.env['PATH']}` },
	});
	t.teardown(() => top.kill('SIGKILL'));
	let screen = '';
	top.stdout.on('data', (bytes: Buffer) => (screen += bytes.toString()));
	return { top, screen: () => screen };
}

const ended = test.macro({
	async exec(t, key: string) {
		const folder = scratchFolder(t);
		const file = (name: string): string => join(folder, name);
		const line = [`stty -g > ${file('before')}`, command, `stty -g > ${file('after')}`].join('; ');
		const { top, screen } = onTerminal(t, folder, `trap : INT; ${line}`);
		await eventually(() => screen().includes('redis'));
		top.stdin.write(key);
		await once(top, 'close');
		t.is(readFileSync(file('after'), 'utf8'), readFileSync(file('before'), 'utf8'));
		t.false(screen().includes('q'), screen());
	},
	title: (_, key: string) => `slipway top ends on ${JSON.stringify(key)}, and restores the terminal`,
});

test(ended, 'q');
test(ended, '\u0003');

test('slipway top goes on in the background, where the terminal would stop what reads its keys', async (t) => {
	const { top, screen } = onTerminal(
		t,
		scratchFolder(t),
		`set -m; ${command} & read line; jobs; kill $!; wait`,
	);
	await eventually(() => screen().includes('redis'), { timeoutMs: 60_000, what: 'the screen' });
	top.stdin.write('\n');
	await once(top, 'close');
	t.regex(screen(), /\[1\] \+ Running/);
});
