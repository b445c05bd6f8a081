import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cacheLsCommand } from '../../../../tools/commands/cache-ls.ts';
import { cachePullCommand } from '../../../../tools/commands/cache-pull.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { pushImage, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

test('slipway cache pull fetches images from a mirror, prints digests, and reports one that is up to date', async (t) => {
	const host = await startRegistry(t);
	const source = openImageStore(scratchFolder(t));
	for (const name of ['a', 'b']) {
		await putTestImage(source, name, [{ name: 'app', body: name }]);
		await pushImage(source.folder, `docker.io/library/${name}:latest`, `${host}/library/${name}`);
	}
	const store = openImageStore(scratchFolder(t));
	const options = ['--cache', store.folder, '--mirror', `docker.io=http://${host}`];
	const pulled = await runCommand(cachePullCommand, ...options, 'a', 'b:latest');
	t.is(pulled.exitCode, 0);
	const digest = async (name: string) => (await store.find(name))?.manifest.digest;
	const expected = [
		`docker.io/library/a:latest ${await digest('a')}`,
		`docker.io/library/b:latest ${await digest('b')}`,
	];
	t.deepEqual(pulled.out.trimEnd().split('\n'), expected);
	t.is(pulled.err.match(/^sha256:[0-9a-f]{12} .* in \d+\.\d s$/gm)?.length, 4);
	const again = await runCommand(cachePullCommand, ...options, 'a');
	t.deepEqual(again, {
		exitCode: 0,
		out: `${expected[0]}\n`,
		err: 'docker.io/library/a:latest: up to date\n',
	});
	t.regex((await runCommand(cacheLsCommand, '--cache', store.folder)).out, /library\/b:latest/);
});

test('slipway cache pull: wrong usage', async (t) => {
	const refuses = async (message: RegExp, ...args: readonly string[]) =>
		await t.throwsAsync(runCommand(cachePullCommand, ...args), { name: 'UsageError', message });
	await refuses(/needs a REFERENCE/);
	await refuses(/expected REGISTRY=URL/, '--mirror', 'docker.io', 'a');
	await refuses(/expected OS\/ARCH/, '--platform', 'arm64', 'a');
	await t.throwsAsync(runCommand(cachePullCommand, 'UPPER'), { code: 'BAD_INPUT' });
});

test('slipway cache pull reports a CA file that is absent or has no certificate', async (t) => {
	const folder = scratchFolder(t);
	const file = join(folder, 'ca.pem');
	const run = async () =>
		await runCommand(cachePullCommand, '--cache', folder, '--ca', file, '127.0.0.1:1/a');
	await t.throwsAsync(run(), { code: 'ENOENT' });
	writeFileSync(file, 'nothing');
	await t.throwsAsync(run(), { code: 'BAD_INPUT', message: /ca\.pem/ });
});
