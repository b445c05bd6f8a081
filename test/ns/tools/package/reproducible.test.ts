// The packages themselves, built a second time from the same .deb files: the same digests.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const packages = process.env['SLIPWAY_CACHE'] ?? resolve('build/cache');

async function digests(store: string, command: 'ls' | 'build'): Promise<readonly string[]> {
	const { stdout, stderr, exitCode } = await runProgram('build/slipway', ['pkg', command, '--cache', store]);
	if (exitCode !== 0) throw new Error(stderr);
	if (/out of date|not built/.test(stdout)) throw new Error(`Run "make packages" first:\n${stdout}`);
	return stdout
		.split('\n')
		.flatMap((line) => /^(\S+\/\S+) +([0-9a-f]{12}) /.exec(line)?.slice(1).join(' ') ?? [])
		.sort();
}

test('every package of pkg/ has the same digest when it is built again in another store', async (t) => {
	t.timeout(600_000);
	const store = join(scratchFolder(t), 'cache');
	// Not fetched again. Linked where links can reach.
	if (existsSync(join(packages, 'debian'))) {
		const copy = 'mkdir "$1" && { cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"; }';
		const copied = await runProgram('sh', ['-c', copy, join(packages, 'debian'), store]);
		t.is(copied.exitCode, 0, copied.stderr);
	}
	const expected = await digests(packages, 'ls');
	t.true(expected.length > 5);
	t.deepEqual(await digests(store, 'build'), expected);
});

test('a package has the same digest on a day when apt knows other packages, by its lock file', async (t) => {
	t.timeout(600_000);
	const folder = scratchFolder(t);
	const recipe = join(folder, 'recipe');
	mkdirSync(recipe);
	writeFileSync(join(recipe, 'build.yml'), 'image: locked\ndebian: [{ package: cpio, take: [/bin/cpio] }]\n');
	const build = async (store: string, option: string, env: Readonly<Record<string, string>>) =>
		await runProgram('build/slipway', ['pkg', 'build', option, '--cache', store, recipe], { env });
	const digest = (line: string): string => /^slipway\/locked:v1 +([0-9a-f]{12}) /.exec(line)?.[1] ?? line;
	const env = { PATH: process.env['PATH'] ?? '' };
	const first = await build(join(folder, 'first'), '--write-lock', env);
	t.is(first.exitCode, 0, first.stderr);
	const { debian } = JSON.parse(readFileSync(join(recipe, 'build.lock'), 'utf8'));
	t.deepEqual(Object.keys(debian), ['cpio', 'libc6']);

	// Without its lists apt knows no package. The store brings those that it has downloaded.
	writeFileSync(join(folder, 'apt.conf'), `Dir::State::lists "${folder}/no-lists";`);
	const other = { ...env, APT_CONFIG: join(folder, 'apt.conf') };
	cpSync(join(folder, 'first/debian'), join(folder, 'second/debian'), { recursive: true });
	const second = await build(join(folder, 'second'), '--locked', other);
	t.is(digest(second.stdout), digest(first.stdout), second.stderr);

	// A third store has nothing, and apt cannot help.
	const third = await build(join(folder, 'third'), '--locked', other);
	t.is(third.exitCode, 1);
	t.regex(
		third.stderr,
		/build\.lock locks [\w-]+ \S+ \(\w+, SHA-256 [0-9a-f]{64}\)\. .*apt can't download it/,
	);
});
