// `slipway build` with a registry: which images it pulls, locks and refuses.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { pushImage, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

async function makePlace(t: ExecutionContext) {
	const host = await startRegistry(t);
	const folder = scratchFolder(t);
	const file = join(folder, 'system.yml');
	writeFileSync(file, 'init:\n  - t/app:v1\n');
	const push = async (body: string): Promise<void> => {
		const source = openImageStore(scratchFolder(t));
		await putTestImage(source, 't/app:v1', [{ name: 'app', body }]);
		await pushImage(source.folder, 'docker.io/t/app:v1', `${host}/t/app:v1`);
	};
	await push('first');
	const build = async (...more: readonly string[]) =>
		await runCommand(
			buildCommand,
			...['--format', 'tar', '--dir', folder, '--cache', join(folder, 'store')],
			...['--mirror', `docker.io=http://${host}`, ...more, file],
		);
	/** Returns the contents of the built system's `/app`. */
	const app = async (): Promise<string> =>
		(await runProgram('tar', ['-xOf', join(folder, 'system.tar'), 'app'])).stdout;
	return { folder, file, push, build, app };
}

test('slipway build pulls an image once, and again with --pull', async (t) => {
	const { folder, push, build, app } = await makePlace(t);
	await t.throwsAsync(build('--offline'), {
		message: /system\.yml:2:5: the image t\/app:v1 is not in the store/,
	});
	t.false(existsSync(join(folder, 'system.tar')));
	t.regex((await build()).err, /^docker\.io\/t\/app:v1: 2 blobs to fetch/m);
	t.is(await app(), 'first');
	await push('second');
	t.notRegex((await build()).err, /to fetch/);
	t.is(await app(), 'first');
	await build('--pull');
	t.is(await app(), 'second');
	await build('--offline');
	t.is(await app(), 'second');
});

test('slipway build --write-lock: later builds use the locked digests, also with another store', async (t) => {
	const { folder, push, build, app } = await makePlace(t);
	const lock = join(folder, 'system.lock');
	t.regex((await build('--write-lock')).out, /system\.lock {2}\d/);
	const { version, images } = JSON.parse(readFileSync(lock, 'utf8'));
	t.is(version, 1);
	t.deepEqual(Object.keys(images), ['docker.io/t/app:v1']);
	await push('second');
	await build('--cache', join(folder, 'other-store'));
	t.is(await app(), 'first');
	await build('--require-digest');
	await build('--pull', '--write-lock');
	t.is(await app(), 'second');
	t.notDeepEqual(JSON.parse(readFileSync(lock, 'utf8')).images, images);
});

test('slipway build --lock names another lock file, which must exist', async (t) => {
	const { folder, build } = await makePlace(t);
	const lock = join(folder, 'other.json');
	await t.throwsAsync(build('--lock', lock), {
		message: /There is no lock file .*other\.json.*--write-lock/,
	});
	await build('--lock', lock, '--write-lock');
	t.false(existsSync(join(folder, 'system.lock')));
	t.is((await build('--lock', lock)).exitCode, 0);
});

test('slipway build refuses an image that "trust" of the YAML names and no digest pins', async (t) => {
	const { file, build } = await makePlace(t);
	writeFileSync(file, 'init:\n  - t/app:v1\ntrust:\n  org:\n    - t\n');
	const error = await t.throwsAsync(build('--name', 'a b'), {
		code: 'NOT_PINNED',
		message:
			/system\.yml:2:5: the image t\/app:v1 is not pinned by digest, which "trust" at .*system\.yml:4:3/,
	});
	const command = error.message.split('\n').at(-1)?.trim() ?? '';
	t.regex(command, /^slipway build --write-lock .* --name 'a b' .*system\.yml$/);
	// The error names a command, which a shell accepts as it is.
	const shell = `slipway() { exec "$NODE" --no-warnings ${resolve('tools/slipway.ts')} "$@"; }; ${command}`;
	const run = await runProgram('sh', ['-c', shell], { env: { ...process.env, NODE: process.execPath } });
	t.is(run.exitCode, 0, run.stderr);
	t.is((await build()).exitCode, 0);
});

test('slipway build: options that contradict each other or are incomplete', async (t) => {
	const refuses = async (message: RegExp, ...args: readonly string[]) =>
		await t.throwsAsync(runCommand(buildCommand, ...args), { name: 'UsageError', message });
	await refuses(/--pull and --offline/, '--pull', '--offline', 'a.yml');
	await refuses(/needs --lock FILE/, '--write-lock', '--name', 'a', '-');
	await refuses(/expected REGISTRY=URL/, '--mirror', 'x', 'examples/redis-os.yml');
});
