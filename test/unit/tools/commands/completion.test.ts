// The completion scripts in real shells: bash, fish, and zsh on a terminal. A program `slipway` stands for ours: it lists two machines, of
// which one runs, and notes with what it is called.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commands, main } from '../../../../tools/cli.ts';
import { valueCompletion } from '../../../../tools/terminal/option-table.ts';
import { runCommand } from '../../../helpers/command.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

async function script(shell: string): Promise<string> {
	return (await runCommand({ run: main }, 'completion', shell)).out;
}

const standIn = `#!/bin/sh
case "$*" in
"ps -q") echo web ;;
"ps -aq") printf 'old\\nweb\\n' ;;
*) echo "$*" >> "$CALLS" ;;
esac
`;

/** Makes files to complete, and the program. */
function scene(t: ExecutionContext): { folder: string; calls: string; env: NodeJS.ProcessEnv } {
	const [folder, bin] = [scratchFolder(t), scratchFolder(t)];
	mkdirSync(join(folder, 'systems'));
	writeFileSync(join(folder, 'system one.yml'), '');
	writeFileSync(join(bin, 'slipway'), standIn, { mode: 0o755 });
	const calls = join(bin, 'calls');
	writeFileSync(calls, '');
	const env = {
		PATH: `${bin}:${process.env['PATH']}`,
		HOME: bin,
		TERM: 'xterm',
		LC_ALL: 'C.UTF-8',
		CALLS: calls,
	};
	return { folder, calls, env };
}

/** Returns what bash offers for the last one of these words. Readline has split them as it does, at "=" too. */
async function offered(t: ExecutionContext, words: readonly string[]): Promise<string[]> {
	const { folder, env } = scene(t);
	const program = `cd "$1" && source <(cat) && shift
COMP_WORDS=(slipway "$@"); COMP_CWORD=$#; _slipway; printf '%s\\n' "\${COMPREPLY[@]}"`;
	// Node's pipe is a socket, and bash reads ~/.bashrc when its input is one.
	const args = ['--norc', '-c', program, 'bash', folder, ...words];
	const { exitCode, stdout, stderr } = await runProgram('bash', args, { input: await script('bash'), env });
	t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
	return stdout
		.split('\n')
		.filter((line) => line !== '')
		.sort();
}

const offers = test.macro<[words: readonly string[], expected: readonly string[]]>({
	async exec(t, words: readonly string[], expected: readonly string[]) {
		t.deepEqual(await offered(t, words), [...expected]);
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
test(offers, ['stop', ''], ['web']);
test(offers, ['rm', 'web', ''], ['old', 'web']);
test(offers, ['rm', 'o'], ['old']);
test(offers, ['logs', '--system', '=', ''], ['web']);

const fishOffers = test.macro<[line: string, expected: readonly string[]]>({
	async exec(t, line: string, expected: readonly string[]) {
		const { folder, env } = scene(t);
		writeFileSync(join(folder, '.fish'), await script('fish'));
		const program = 'source .fish; complete --do-complete=$argv[1]';
		const fish = ['--no-config', '-c', program, line];
		const { exitCode, stdout, stderr } = await runProgram('fish', fish, { cwd: folder, env });
		t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
		t.deepEqual(
			stdout
				.replaceAll(/\t.*$/gm, '')
				.split('\n')
				.filter((word) => word !== ''),
			[...expected],
		);
	},
	title: (_, line) => `slipway completion fish: "${line}"`,
});

test(fishOffers, 'slipway c', ['cache', 'completion', 'console', 'cp']);
test(fishOffers, 'slipway cache p', ['prune', 'pull', 'push']);
test(fishOffers, 'slipway build --compression ', ['best', 'fast']);
test(fishOffers, 'slipway build s', ['system one.yml', 'systems/']);
test(fishOffers, 'slipway build --dir s', ['systems/']);
test(fishOffers, 'slipway cache ls --j', ['--json']);
test(fishOffers, 'slipway stop ', ['web']);
test(fishOffers, 'slipway rm web ', ['old', 'web']);
test(fishOffers, 'slipway logs --system ', ['web']);

test('slipway completion zsh: Tab on a terminal', async (t) => {
	const { folder, calls, env } = scene(t);
	writeFileSync(join(folder, '.zsh'), await script('zsh'));
	const zsh = spawn('script', ['-qec', 'zsh -f -i', '/dev/null'], {
		cwd: folder,
		env: { ...env, SHELL: '/bin/sh' },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	t.teardown(() => zsh.kill('SIGKILL'));
	let shown = '';
	zsh.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString()));
	zsh.stdin.write('autoload -U compinit; compinit -D -u; source .zsh; slipway ready\r');
	const typed = async (keys: string, called: string): Promise<void> => {
		zsh.stdin.write(`${keys}\r`);
		const isCalled = () => readFileSync(calls, 'utf8').endsWith(`\n${called}\n`);
		const comes = eventually(isCalled, { timeoutMs: 60_000 }).catch(() => false);
		t.true(await comes, `${keys}: ${shown}`);
	};
	await eventually(() => readFileSync(calls, 'utf8') === 'ready\n');
	await typed('slipway dash\t', 'dashboard');
	await typed('slipway cache pru\t', 'cache prune');
	await typed('slipway build --compr\tf\t', 'build --compression=fast');
	await typed('slipway validate system\\ o\t', 'validate system one.yml');
	await typed('slipway pkg build s\t', 'pkg build systems');
	await typed('slipway stop \t', 'stop web');
	await typed('slipway rm o\t', 'rm old');
	await typed('slipway logs --system=\t', 'logs --system=web');
});

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
