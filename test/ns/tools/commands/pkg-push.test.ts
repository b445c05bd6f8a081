import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { pkgPushCommand } from '../../../../tools/commands/pkg-push.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { startFaultProxy, startRegistry } from '../../../helpers/registry.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { recipeFolder } from '../../../unit/tools/commands/recipe-folder.ts';

async function digestThere(name: string): Promise<string> {
	const args = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`];
	return (await runProgram('skopeo', args)).stdout.trim();
}

const linesOf = (out: string): string[] => out.trimEnd().split('\n').sort();

test('slipway pkg push builds what is missing and sends it; the second time all is up to date', async (t) => {
	const [host, cache] = [await startRegistry(t), join(scratchFolder(t), 'cache')];
	const folders = ['one', 'two'].map((name) => recipeFolder(t, name));
	const push = async () => await runCommand(pkgPushCommand, '--cache', cache, `${host}/acme`, ...folders);
	const first = await push();
	const store = openImageStore(cache);
	const expected = [];
	for (const name of ['one', 'two']) {
		const target = `${host}/acme/${name}:v1`;
		const digest = (await store.find(`slipway/${name}:v1`))?.manifest.digest;
		t.is(digest, await digestThere(target));
		expected.push(`${target} ${digest}`);
	}
	t.is(first.exitCode, 0);
	t.deepEqual(linesOf(first.out), expected);
	for (const name of ['one', 'two']) {
		t.regex(first.err, new RegExp(`^slipway/${name}:v1 .* built in`, 'm'));
		t.regex(first.err, new RegExp(`^${host}/acme/${name}:v1: 2 blobs to send`, 'm'));
	}
	const second = await push();
	t.deepEqual(linesOf(second.out), expected);
	t.deepEqual(
		linesOf(second.err),
		['one', 'two'].map((name) => `${host}/acme/${name}:v1: up to date`),
	);
});

test('slipway pkg push sends the image of the recipe as it is now, not an older build', async (t) => {
	const [host, cache] = [await startRegistry(t), join(scratchFolder(t), 'cache')];
	const folder = recipeFolder(t, 'one');
	await runCommand(pkgPushCommand, '--cache', cache, host, folder);
	const before = await digestThere(`${host}/slipway/one:v1`);
	writeFileSync(join(folder, 'build.yml'), 'image: one\ntag: v2\norg: other\n');
	const pushed = await runCommand(pkgPushCommand, '--cache', cache, host, folder);
	t.regex(pushed.out, new RegExp(`^${host}/other/one:v2 sha256:`));
	writeFileSync(join(folder, 'build.yml'), 'image: one\n');
	await runCommand(pkgPushCommand, '--cache', cache, host, folder);
	t.not(await digestThere(`${host}/slipway/one:v1`), before);
});

test('slipway pkg push --as gives other names, whose blobs are sent once', async (t) => {
	const [host, cache] = [await startRegistry(t), join(scratchFolder(t), 'cache')];
	const [one, two] = [recipeFolder(t, 'one'), recipeFolder(t, 'two')];
	const proxy = await startFaultProxy(t, host, () => false);
	const as = [`--as=linuxkit/init:b212=${one}`, `--as=init=${one}`, `--as=library/two:alpine=${two}`];
	const pushed = await runCommand(pkgPushCommand, '--cache', cache, proxy.host, ...as);
	t.deepEqual(
		linesOf(pushed.out).map((line) => line.replace(/ sha256:.*/, '')),
		['init:latest', 'library/two:alpine', 'linuxkit/init:b212'].map((name) => `${proxy.host}/${name}`),
	);
	t.is(await digestThere(`${host}/linuxkit/init:b212`), await digestThere(`${host}/init`));
	t.is(proxy.seen.filter((each) => /^POST .*mount=.*from=linuxkit%2Finit$/.test(each)).length, 2);
	t.is(proxy.seen.filter((each) => /^PUT .*blobs\/uploads/.test(each)).length, 4);
	t.regex(
		(await runCommand(pkgPushCommand, '--cache', cache, host, one, '--as', 'a/b:c')).out,
		/\/a\/b:c sha256/,
	);
});

test('slipway pkg push sends the blobs again when the registry does not mount them', async (t) => {
	const [host, cache] = [await startRegistry(t), join(scratchFolder(t), 'cache')];
	const one = recipeFolder(t, 'one');
	for (const status of [202, 405]) {
		const proxy = await startFaultProxy(t, host, ({ url = '' }, answer) => {
			if (!url.includes('mount=')) return false;
			answer.writeHead(status).end();
			return true;
		});
		const as = ['a', 'b'].map((name) => `--as=${name}${status}=${one}`);
		await runCommand(pkgPushCommand, '--cache', cache, proxy.host, ...as);
		t.is(await digestThere(`${host}/a${status}`), await digestThere(`${host}/b${status}`));
	}
});

test('slipway pkg push sends nothing when a package cannot be built, and names a registry that is absent', async (t) => {
	const [host, cache] = [await startRegistry(t), join(scratchFolder(t), 'cache')];
	const wrong = recipeFolder(t, 'wrong', 'copy: [{ from: ../nothing, to: / }]\n');
	const [right, proxy] = [recipeFolder(t, 'right'), await startFaultProxy(t, host, () => false)];
	await t.throwsAsync(runCommand(pkgPushCommand, '--cache', cache, proxy.host, right, wrong), {
		code: 'BAD_RECIPE',
		message: /nothing does not exist/,
	});
	t.deepEqual(proxy.seen, []);
	await t.throwsAsync(runCommand(pkgPushCommand, '--cache', cache, '127.0.0.1:1', right), {
		code: 'UNREACHABLE',
		message: /^127\.0\.0\.1:1\/slipway\/right:v1 can't be pushed\./,
	});
});

test('slipway pkg push leaves no half-built image in a new store', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const wrong = recipeFolder(t, 'wrong');
	rmSync(join(wrong, 'build.yml'));
	await t.throwsAsync(runCommand(pkgPushCommand, '--cache', cache, 'acme', wrong), { code: 'NO_FILE' });
	t.deepEqual(await openImageStore(cache).list(), []);
});

const wrongUsage = test.macro({
	async exec(t, args: readonly string[], message: RegExp) {
		await t.throwsAsync(runCommand(pkgPushCommand, ...args), { name: 'UsageError', message });
	},
	title: (_, args: readonly string[]) => `slipway pkg push ${args.join(' ')}: wrong usage`,
});

test(wrongUsage, [], /needs a REGISTRY\/ORG, for example/);
test(
	wrongUsage,
	['https://acme', 'pkg/redis'],
	/pkg push https:\/\/acme, for example .*: ".*" is not an image ref/,
);
test(
	wrongUsage,
	['acme', 'pkg/a', 'pkg/b', '--as', 'a:b'],
	/for one package, and 2 directories .* --as a:b=DIR/,
);
test(wrongUsage, ['acme', '--as', 'a:b'], /for one package, and 0 directories are named/);
test(wrongUsage, ['acme', '--as', 'a:b='], /expected NAME:TAG or NAME:TAG=DIR/);
test(wrongUsage, ['acme', '--as', 'A:b=pkg/a'], /--as A:b=pkg\/a: .* a name has lower-case letters/);
test(wrongUsage, ['acme', '--as', `a@sha256:${'0'.repeat(64)}`, 'pkg/a'], /a tag is what can be given/);
