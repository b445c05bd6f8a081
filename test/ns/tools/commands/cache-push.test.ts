import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { cachePushCommand } from '../../../../tools/commands/cache-push.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { login, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, putTestImage } from '../../../helpers/tar.ts';

test('slipway cache push sends an image, prints its digest, and reports when it is up to date', async (t) => {
	const [host, store] = [await startRegistry(t), openImageStore(scratchFolder(t))];
	await putTestImage(store, `${host}/a:v1`, [{ name: 'app', body: 'a' }]);
	const push = async (...args: readonly string[]) =>
		await runCommand(cachePushCommand, '--cache', store.folder, ...args);
	const digest = (await store.find(`${host}/a:v1`))?.manifest.digest;
	const pushed = await push(`${host}/a:v1`);
	t.deepEqual([pushed.exitCode, pushed.out], [0, `${host}/a:v1 ${digest}\n`]);
	t.regex(pushed.err, /: 2 blobs to send, .*\n(sha256:[0-9a-f]{12} .* in \d+\.\d s\n){2}$/);
	t.deepEqual(await push(`${host}/a:v1`, `${host}/a:v1`), {
		exitCode: 0,
		out: pushed.out,
		err: `${host}/a:v1: up to date\n`,
	});
	t.is((await push(`${host}/a:v1`, `${host}/b/c`)).out, `${host}/b/c:latest ${digest}\n`);
});

test('slipway cache push reports that one platform was sent alone', async (t) => {
	const [host, store] = [await startRegistry(t), openImageStore(scratchFolder(t))];
	await putTestImage(store, 'one', [{ name: 'app', body: 'a' }]);
	const here = (await store.find('one'))?.manifest;
	const absent = {
		...here,
		digest: `sha256:${'0'.repeat(64)}`,
		platform: { os: 'linux', architecture: 's390x' },
	};
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [absent, here] };
	await store.tag(
		'all',
		await store.writeBlob(bytesOf(Buffer.from(JSON.stringify(index))), mediaTypes.index),
	);
	const pushed = await runCommand(cachePushCommand, '--cache', store.folder, 'all', `${host}/a`);
	t.regex(pushed.err, /a:latest: the store lacks other platforms, so linux\/\w+ was sent alone\n/);
	t.is(pushed.out, `${host}/a:latest ${here?.digest}\n`);
});

test("slipway cache push as a program uses Docker's login", async (t) => {
	const [host, folder] = [await startRegistry(t, { basic: true }), scratchFolder(t)];
	await putTestImage(openImageStore(folder), 'a', [{ name: 'app', body: 'a' }]);
	const docker = join(folder, 'docker');
	mkdirSync(docker);
	const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
	writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
	const run = async (config: string) => {
		const args = [
			'--no-warnings',
			resolve('tools/slipway.ts'),
			'cache',
			'push',
			'--cache',
			folder,
			'a',
			`${host}/a`,
		];
		return await runProgram(process.execPath, args, { env: { ...process.env, DOCKER_CONFIG: config } });
	};
	const refused = await run(folder);
	t.deepEqual([refused.exitCode, refused.stdout], [1, '']);
	t.regex(refused.stderr, /^slipway: .*can't be pushed\. .*Log in: "docker login/);
	const pushed = await run(docker);
	t.is(pushed.exitCode, 0, pushed.stderr);
});

test('slipway cache push: wrong usage', async (t) => {
	const refuses = async (message: RegExp, ...args: readonly string[]) =>
		await t.throwsAsync(runCommand(cachePushCommand, ...args), { name: 'UsageError', message });
	await refuses(/needs a REFERENCE/);
	await refuses(/takes no c\./, 'a', 'b', 'c');
	await refuses(/expected OS\/ARCH/, '--platform', 'arm64', 'a');
	await refuses(/mirror/, '--mirror', 'a=http://b', 'a');
});
