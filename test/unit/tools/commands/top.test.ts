import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const ended = test.macro({
	async exec(t, key: string) {
		const folder = scratchFolder(t);
		const service = { name: 'redis', state: 'ready', ready: true, restarts: 1, cpuSeconds: 1, tasks: 3 };
		writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${JSON.stringify(service)}'\n`, { mode: 0o755 });
		const file = (name: string): string => join(folder, name);
		const line = [
			`stty -g > ${file('before')}`,
			`${process.execPath} --no-warnings ${resolve('tools/slipway.ts')} top --host ssh://root@192.0.2.1`,
			`stty -g > ${file('after')}`,
		].join('; ');
		// script(1) gives a terminal.
		const top = spawn('script', ['-qec', `trap : INT; ${line}`, '/dev/null'], {
			env: { ...process.env, SHELL: '/bin/sh', PATH: `${folder}:${process.env['PATH']}` },
		});
		t.teardown(() => top.kill('SIGKILL'));
		let screen = '';
		top.stdout.on('data', (bytes: Buffer) => (screen += bytes.toString()));
		await eventually(() => screen.includes('redis'));
		top.stdin.write(key);
		await once(top, 'close');
		t.is(readFileSync(file('after'), 'utf8'), readFileSync(file('before'), 'utf8'));
		t.false(screen.includes('q'), screen);
	},
	title: (_, key: string) => `slipway top ends on ${JSON.stringify(key)}, and restores the terminal`,
});

test(ended, 'q');
test(ended, '\u0003');
