import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const folder = scratchFolder();
const program = join(import.meta.dirname, 'raw-terminal-process.ts');

const restored = test.macro({
	async exec(t, end: string) {
		const file = (name: string): string => join(folder, `${end}-${name}`);
		const line = [
			`stty -g > ${file('before')}`,
			`${process.execPath} --no-warnings ${program} ${file('raw')} ${end} 2>/dev/null`,
			`stty -g > ${file('after')}`,
		].join('; ');
		// script(1) gives a terminal.
		const { stdout } = await runProgram('script', ['-qec', line, '/dev/null'], {
			env: { ...process.env, SHELL: '/bin/sh' },
		});
		const read = (name: string): string => readFileSync(file(name), 'utf8');
		t.regex(read('raw'), /-icanon .* -echo /s);
		t.regex(read('raw'), /-opost /);
		t.regex(stdout, /a\nb\n/);
		t.is(read('after'), read('before'));
	},
	title: (_, end: string) =>
		`makeTerminalRaw() adds no carriage return, and the terminal is restored: ${end}`,
});

test(restored, 'restore');
test(restored, 'exit');
test(restored, 'SIGTERM');
test(restored, 'uncaught');
