import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageReference } from '../../../../tools/package/package-reference.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function makePackage(t: ExecutionContext, recipe: string, ...more: readonly string[]) {
	const repository = scratchFolder(t);
	const folder = join(repository, 'pkg/app');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'build.yml'), recipe);
	for (const name of more) writeFileSync(join(folder, name), 'FROM scratch\n');
	const git = async (...args: readonly string[]): Promise<string> => {
		const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
		const done = await runProgram('git', ['-C', repository, ...who, ...args]);
		if (done.exitCode !== 0) throw new Error(done.stderr);
		return done.stdout.trim();
	};
	return { folder, git };
}

test('packageReference() of our own recipe', async (t) => {
	t.is(await packageReference('pkg/redis'), 'slipway/redis:v1');
	const { folder } = makePackage(t, 'image: app\norg: acme\ntag: v7\n');
	t.is(await packageReference(folder), 'acme/app:v7');
});

test('packageReference() of a package of LinuxKit: the hash of its directory in git', async (t) => {
	const { folder, git } = makePackage(t, 'image: app\nnetwork: true\n', 'Dockerfile');
	await t.throwsAsync(packageReference(folder), { code: 'TOOL_FAILED', message: /git/ });
	await git('init', '-q');
	await git('add', '.');
	await git('commit', '-qm', 'first');
	const tree = await git('rev-parse', 'HEAD:pkg/app');
	t.is(await packageReference(folder), `linuxkit/app:${tree}`);
	writeFileSync(join(folder, 'Dockerfile'), 'FROM other\n');
	t.is(await packageReference(folder), `linuxkit/app:${tree}-dirty`);
});

test('packageReference() of a package of LinuxKit with a tag', async (t) => {
	const { folder } = makePackage(t, 'image: app\norg: acme\ntag: v7\n', 'Dockerfile');
	t.is(await packageReference(folder), 'acme/app:v7');
});

test('packageReference() says what is missing', async (t) => {
	await t.throwsAsync(packageReference(scratchFolder(t)), { code: 'NO_FILE' });
	const { folder } = makePackage(t, 'org: acme\n', 'Dockerfile');
	await t.throwsAsync(packageReference(folder), { code: 'BAD_RECIPE', message: /build\.yml names no image/ });
	const broken = makePackage(t, 'a: [\n', 'Dockerfile');
	await t.throwsAsync(packageReference(broken.folder), { code: 'BAD_RECIPE', message: /can't be read/ });
});
