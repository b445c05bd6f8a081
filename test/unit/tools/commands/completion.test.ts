// The completion scripts. bash is here on every machine, so its script runs in a real one. Those of zsh and fish were
// tried by hand in zsh 5.9 and fish 3.6; here they are only compared with the tables.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commands, main } from '../../../../tools/cli.ts';
import { valueCompletion } from '../../../../tools/terminal/option-table.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

async function script(shell: string): Promise<string> {
	return (await runCommand({ run: main }, 'completion', shell)).out;
}

/** Returns what bash offers for the last one of these words. Readline has split them as it does, at "=" too. */
async function offered(t: ExecutionContext, words: readonly string[], folder: string): Promise<string[]> {
	const program = `cd "$1" && source <(cat) && shift
COMP_WORDS=(slipway "$@"); COMP_CWORD=$#; _slipway; printf '%s\\n' "\${COMPREPLY[@]}"`;
	// Node's pipe is a socket, and bash reads ~/.bashrc when its input is one.
	const args = ['--norc', '-c', program, 'bash', folder, ...words];
	const { exitCode, stdout, stderr } = await runProgram('bash', args, { input: await script('bash') });
	t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
	return stdout
		.split('\n')
		.filter((line) => line !== '')
		.sort();
}

const offers = test.macro<[words: readonly string[], expected: readonly string[]]>({
	async exec(t, words: readonly string[], expected: readonly string[]) {
		const folder = scratchFolder(t);
		mkdirSync(join(folder, 'systems'));
		writeFileSync(join(folder, 'system one.yml'), '');
		t.deepEqual(await offered(t, words, folder), [...expected]);
	},
	title: (_, words) => `slipway completion bash: "slipway ${words.join(' ')}"`,
});

test(offers, ['c'], ['cache', 'completion', 'console', 'cp']);
test(offers, ['--'], ['--help', '--version']);
test(offers, ['pkg', ''], ['build', 'ls', 'new', 'push', '--help'].sort());
test(offers, ['cache', 'p'], ['prune', 'pull', 'push']);
test(offers, ['build', '--comp'], ['--compression']);
test(offers, ['build', '--compression', ''], ['best', 'fast']);
test(offers, ['build', '--compression', '='], ['best', 'fast']);
test(
	offers,
	['build', '--format', '=', 'k'],
	['kernel+erofs', 'kernel+initrd', 'kernel+iso', 'kernel+squashfs'],
);
test(offers, ['build', 's'], ['system one.yml', 'systems']);
test(offers, ['build', '--sbom', 's'], ['system one.yml', 'systems']);
test(offers, ['build', '--dir', 's'], ['systems']);
test(offers, ['build', '--name', 's'], []);
test(offers, ['build', '--verify-key', 'acme', '=', 's'], ['system one.yml', 'systems']);
test(offers, ['build', '--require-digest', 's'], ['system one.yml', 'systems']);
test(offers, ['pkg', 'build', 's'], ['systems']);
test(offers, ['cache', 'ls', '-'], ['--cache', '--help', '--json']);
test(offers, ['cache', 'rm', 's'], []);
test(offers, ['completion', ''], ['bash', 'fish', 'zsh']);
test(offers, ['unknown', 's'], []);

test('slipway completion bash: the script has no mistake in its syntax', async (t) => {
	const { exitCode, stderr } = await runProgram('bash', ['--norc', '-n'], { input: await script('bash') });
	t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
});

test('slipway completion zsh and fish have every command and option', async (t) => {
	const [zsh, fish] = [await script('zsh'), await script('fish')];
	for (const { name, options } of commands) {
		t.true(zsh.includes(`\t'${name}')\n`), name);
		for (const option of Object.keys(options)) {
			t.regex(zsh, new RegExp(`--${option}[=[}-]`));
			t.regex(
				fish,
				new RegExp(`^complete -c slipway -n '__slipway_in ${name}' (-s \\w )?-l ${option} `, 'm'),
			);
		}
	}
});

test('words that a shell completes need no quotes', (t) => {
	for (const { operandsComplete = [], options } of commands) {
		const values = Object.values(options).map((option) => valueCompletion(option) ?? []);
		for (const word of [operandsComplete, ...values].flat()) t.regex(word, /^[\w+./-]+$/);
	}
});

test('slipway completion: wrong usage', async (t) => {
	for (const words of [[], ['tcsh'], ['bash', 'zsh']]) {
		const { exitCode, err } = await runCommand({ run: main }, 'completion', ...words);
		t.is(exitCode, 2);
		t.regex(err, /needs the name of one shell: bash, zsh, fish\./);
	}
});
