// The Redis OS for arm64: cross-built on this machine, and booted in QEMU's emulation of such a machine until Redis answers. The
// packages have a store of their own (build/arm64/cache), because other tests look at what is in theirs.

import { resolve } from 'node:path';
import ava from 'ava';
import { freePort } from '../../tools/machine/free-port.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { slipwayEnvironment, slipwayProgram } from '../helpers/system.ts';

const test = ava.serial;
const minuteMs = 60_000;
const env: NodeJS.ProcessEnv = { ...slipwayEnvironment(), SLIPWAY_CACHE: resolve('build/arm64/cache') };
const output = ['--name', 'redis-arm64', '--dir', 'build/arm64'];
const system = 'build/arm64/redis-arm64';

const slipway = async (...args: readonly string[]) => await runProgram(slipwayProgram, args, { env });

ava.after.always(async () => {
	await slipway('rm', '--force', 'redis-arm64');
});

test('make arm64-packages cross-builds the packages of the Redis OS', async (t) => {
	t.timeout(25 * minuteMs);
	const { MAKEFLAGS: _, ...clean } = process.env;
	const made = await runProgram('make', ['-o', 'node_modules/.done', 'arm64-packages'], { env: clean });
	t.is(made.exitCode, 0, made.stderr);
	const built = await slipway('build', '--arch', 'arm64', ...output, 'examples/redis-os.yml');
	t.is(built.exitCode, 0, built.stderr);
});

test('slipway build names the processors that an image is there for', async (t) => {
	const built = await slipway('build', '--offline', ...output, 'examples/redis-os.yml');
	t.not(built.exitCode, 0);
	t.regex(
		built.stderr,
		/slipway\/redis:v1 is in the store, but not for linux\/amd64, only for linux\/arm64\./,
	);
});

test('slipway run boots the arm64 system until Redis answers, and powers it off', async (t) => {
	t.timeout(25 * minuteMs);
	const port = await freePort(0, '127.0.0.1');
	const options = ['--detach', '--until-ready', '--timeout', '900', '--publish', `${port}:6379`];
	const started = await slipway('run', ...options, system);
	t.is(started.exitCode, 0, started.stdout + started.stderr);
	const redis = async (...words: readonly string[]) =>
		(await runProgram('redis-cli', ['-p', String(port), ...words])).stdout;
	await eventually(async () => (await redis('PING')).trim() === 'PONG');
	t.regex(await redis('INFO', 'server'), /^os:Linux \S+ aarch64/m);
	const stopped = await slipway('stop', 'redis-arm64');
	t.is(stopped.exitCode, 0, stopped.stderr);
	t.regex(stopped.stdout, /powered off/);
});
