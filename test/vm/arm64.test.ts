// The Redis OS for arm64: cross-built on this machine, and booted in QEMU's emulation of such a machine until Redis answers,
// from kernel and initrd and, by UEFI with Secure Boot, from a CD. The
// packages have a store of their own (build/arm64/cache), because other tests look at what is in theirs.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { freePort } from '../../tools/machine/free-port.ts';
import { machineBases, machineFiles } from '../../tools/machine/machine-directories.ts';
import { findMachine } from '../../tools/machine/machine-state.ts';
import { pressPowerButton } from '../../tools/machine/qemu-monitor.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';

const test = ava.serial;
const minuteMs = 60_000;
const env: NodeJS.ProcessEnv = { ...slipwayEnvironment(), SLIPWAY_CACHE: resolve('build/arm64/cache') };
const output = ['--name', 'redis-arm64', '--dir', 'build/arm64'];
const system = 'build/arm64/redis-arm64';
const yaml = 'build/arm64/redis-os.yml';

const slipway = async (...args: readonly string[]) => await runProgram(slipwayProgram, args, { env });

/** Boots the system or medium and waits until Redis answers. */
async function startRedis(
	t: ExecutionContext,
	name: string,
	file: string,
	...more: readonly string[]
): Promise<void> {
	const port = await freePort(0, '127.0.0.1');
	const options = ['--detach', '--until-ready', '--timeout', '900', '--publish', `${port}:6379`];
	const started = await slipway('run', '--name', name, ...options, ...more, file);
	t.is(started.exitCode, 0, started.stdout + started.stderr);
	const redis = async (...words: readonly string[]) =>
		(await runProgram('redis-cli', ['-p', String(port), ...words])).stdout;
	await eventually(async () => (await redis('PING')).trim() === 'PONG');
	t.regex(await redis('INFO', 'server'), /^os:Linux \S+ aarch64/m);
}

ava.after.always(async () => {
	await slipway('rm', '--force', 'redis-arm64', 'redis-arm64-cd', 'redis-arm64-other');
});

test('make arm64-packages cross-builds the packages of the Redis OS', async (t) => {
	t.timeout(25 * minuteMs);
	// The built-in engine runs one of the containers, with system calls and a seccomp filter of this processor.
	const example = readFileSync('examples/redis-os.yml', 'utf8');
	mkdirSync('build/arm64', { recursive: true });
	writeFileSync(yaml, example.replace(/image: slipway\/sysctl:v1$/m, '$&\n    engine: builtin'));
	const { MAKEFLAGS: _, ...clean } = process.env;
	const made = await runProgram('make', ['-o', 'node_modules/.done', 'arm64-packages'], { env: clean });
	t.is(made.exitCode, 0, made.stderr);
	const built = await slipway('build', '--arch', 'arm64', ...output, yaml);
	t.is(built.exitCode, 0, built.stderr);
});

test('slipway build names the processors that an image is there for', async (t) => {
	const built = await slipway('build', '--offline', ...output, yaml);
	t.not(built.exitCode, 0);
	t.regex(
		built.stderr,
		/slipway\/redis:v1 is in the store, but not for linux\/amd64, only for linux\/arm64\./,
	);
});

test('slipway run boots the arm64 system until Redis answers, and powers it off', async (t) => {
	t.timeout(25 * minuteMs);
	await startRedis(t, 'redis-arm64', system);
	const { place } = findMachine(machineBases(env), 'redis-arm64');
	t.regex(readFileSync(machineFiles(place).eventLog, 'utf8'), /"name":"000-sysctl","state":"done"/);
	const stopped = await slipway('stop', 'redis-arm64');
	t.is(stopped.exitCode, 0, stopped.stderr);
	t.regex(stopped.stdout, /powered off/);
});

test('slipway run boots a signed CD for arm64 with Secure Boot until Redis answers, and the power button ends it', async (t) => {
	t.timeout(25 * minuteMs);
	const [keys, others] = await Promise.all(['keys', 'other-keys'].map(makeKeys));
	const built = await slipway(
		...['build', '--arch', 'arm64', '--format', 'iso', ...output],
		...['--sign-key', join(keys ?? '', 'db.key'), '--sign-cert', join(keys ?? '', 'db.crt')],
		yaml,
	);
	t.is(built.exitCode, 0, built.stderr);
	const find = (name: string) => findMachine(machineBases(env), name);
	const consoleOf = (name: string) => readFileSync(machineFiles(find(name).place).consoleLog, 'latin1');

	const secureBoot = (folder = '') => ['--secure-boot', join(folder, 'AAVMF_VARS.fd')];
	const started = await slipway(
		'run',
		'--detach',
		'--name',
		'redis-arm64-other',
		...secureBoot(others),
		`${system}.iso`,
	);
	t.is(started.exitCode, 0, started.stderr);
	await eventually(() => /failed to load Boot\d+ [^\n]*: Access Denied/.test(consoleOf('redis-arm64-other')));
	t.notRegex(consoleOf('redis-arm64-other'), /Linux version|EFI stub/, 'keys of others start nothing');
	await slipway('kill', 'redis-arm64-other');

	await startRedis(t, 'redis-arm64-cd', `${system}.iso`, ...secureBoot(keys));
	t.regex(consoleOf('redis-arm64-cd'), /EFI stub: UEFI Secure Boot is enabled/);
	// The driver of the button may be loaded after the services run, and a press before it is lost.
	await eventually(
		async () => {
			await pressPowerButton(machineFiles(find('redis-arm64-cd').place).qmp).catch(() => undefined);
			return find('redis-arm64-cd').pid === null;
		},
		{ pauseMs: 2000 },
	);
	const waited = await slipway('wait', 'redis-arm64-cd');
	t.regex(waited.stdout, /powered off/);
});

/** Returns the directory. */
async function makeKeys(name: string): Promise<string> {
	const folder = resolve('build/arm64', name);
	rmSync(folder, { recursive: true, force: true });
	const made = await slipway('keys', 'new', folder);
	if (made.exitCode !== 0) throw new Error(made.stderr);
	return folder;
}
