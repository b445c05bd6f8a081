import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { recipeFolder } from './recipe-folder.ts';

const cli = { run: main };

test('slipway pkg build builds each directory, and reports what is up to date', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const folders = [recipeFolder(t, 'one'), recipeFolder(t, 'two')];
	const line = (name: string, how: string): string => `slipway/${name}:v1 +[0-9a-f]{12} +\\d+ B +${how}\n`;
	const first = await runCommand(cli, 'pkg', 'build', '--cache', cache, ...folders);
	t.deepEqual([first.exitCode, first.err], [0, '']);
	for (const name of ['one', 'two']) t.regex(first.out, new RegExp(line(name, 'built in \\d+\\.\\d s')));
	const again = await runCommand(cli, 'pkg', 'build', '--cache', cache, folders[0] ?? '');
	t.regex(again.out, new RegExp(`^${line('one', 'up to date')}$`));
});

test('slipway pkg build --json prints what was built', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const { exitCode, out } = await runCommand(
		cli,
		'pkg',
		'build',
		'--json',
		'--cache',
		cache,
		recipeFolder(t, 'one'),
	);
	const [built, ...more] = JSON.parse(out);
	t.deepEqual([exitCode, more], [0, []]);
	t.deepEqual(Object.keys(built), ['reference', 'digest', 'sizeBytes', 'upToDate']);
	t.like(built, { reference: 'slipway/one:v1', upToDate: false });
});

test('slipway pkg build builds nothing when one recipe is wrong', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const wrong = recipeFolder(t, 'wrong', 'nothing: 1\n');
	const built = await runCommand(cli, 'pkg', 'build', '--cache', cache, recipeFolder(t, 'right'), wrong);
	t.deepEqual([built.exitCode, built.out], [1, '']);
	t.true(
		built.err.startsWith(`slipway: ${wrong}/build.yml:3:1: Unknown key "nothing" in the file.`),
		built.err,
	);
	t.throws(() => readdirSync(cache), { code: 'ENOENT' });
});

test('slipway pkg build reports a directory without a recipe', async (t) => {
	const folder = scratchFolder(t);
	const { exitCode, err } = await runCommand(cli, 'pkg', 'build', '--cache', join(folder, 'cache'), folder);
	t.is(exitCode, 1);
	t.is(err, `slipway: ${folder} has no build.yml. Name the directory of a recipe, for example pkg/redis.\n`);
});

const takesTools = 'debian: [{ package: tools, take: [/bin] }]\n';

test('slipway pkg build --locked refuses recipes without a lock file, and names all', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const folders = [
		recipeFolder(t, 'one', takesTools),
		recipeFolder(t, 'none'),
		recipeFolder(t, 'two', takesTools),
	];
	const { exitCode, out, err } = await runCommand(
		cli,
		'pkg',
		'build',
		'--locked',
		'--cache',
		cache,
		...folders,
	);
	t.deepEqual([exitCode, out], [1, '']);
	t.is(
		err,
		`slipway: --locked: there is no ${folders[0]}/build.lock, no ${folders[2]}/build.lock. ` +
			'Write each with "slipway pkg build --write-lock".\n',
	);
	t.throws(() => readdirSync(cache), { code: 'ENOENT' });
});

test('slipway pkg build follows a lock file that is there, without apt', async (t) => {
	const folder = recipeFolder(t, 'one', takesTools);
	writeFileSync(join(folder, 'build.lock'), '{"version": 1, "debian": {}}');
	const cache = join(scratchFolder(t), 'cache');
	const { exitCode, err } = await runCommand(cli, 'pkg', 'build', '--cache', cache, folder);
	t.is(exitCode, 1);
	const place = `${folder}/build.yml:3:21`;
	t.true(
		err.startsWith(`slipway: ${place}: ${folder}/build.lock does not have the Debian package tools. `),
		err,
	);
});

test('slipway pkg build --write-lock writes no lock file for a recipe without Debian packages', async (t) => {
	const folder = recipeFolder(t, 'one');
	const cache = join(scratchFolder(t), 'cache');
	const { exitCode } = await runCommand(cli, 'pkg', 'build', '--write-lock', '--cache', cache, folder);
	t.is(exitCode, 0);
	t.deepEqual(readdirSync(folder), ['build.yml']);
	const locked = await runCommand(cli, 'pkg', 'build', '--locked', '--cache', cache, folder);
	t.regex(locked.out, /up to date\n$/);
});

const wrongUsage = test.macro({
	async exec(t, args: readonly string[], message: RegExp) {
		const { exitCode, out, err } = await runCommand(cli, 'pkg', 'build', ...args);
		t.deepEqual([exitCode, out], [2, '']);
		t.regex(err, message);
		t.true(err.endsWith('\nSee: slipway pkg build --help\n'), err);
	},
	title: (_, args: readonly string[]) => `slipway pkg build ${args.join(' ')}: wrong usage`,
});

test(
	wrongUsage,
	['--write-lock', '--locked', 'pkg/redis'],
	/--write-lock and --locked contradict each other\./,
);
test(wrongUsage, ['--nothing', 'pkg/redis'], /--nothing/);

test('slipway pkg build --help prints the usage', async (t) => {
	const { exitCode, out } = await runCommand(cli, 'pkg', 'build', 'pkg/redis', '--help');
	t.is(exitCode, 0);
	t.regex(out, /^Usage: slipway pkg build \[options\] \[DIR\.\.\.\]\n(.*\n)+ *--cache DIR/);
});

test('slipway pkg build without a directory builds all of pkg/, and reports when there is none', async (t) => {
	const parent = scratchFolder(t);
	const build = async () => {
		const args = [
			'--no-warnings',
			resolve('tools/slipway.ts'),
			'pkg',
			'build',
			'--cache',
			join(parent, 'cache'),
		];
		return await runProgram(process.execPath, args, { cwd: parent });
	};
	const none = await build();
	t.is(none.exitCode, 2);
	t.regex(
		none.stderr,
		/^slipway: pkg build needs a directory with a build\.yml, .* no directory pkg with recipes\. "slipway pkg new DIR" writes a recipe\.\n/,
	);
	for (const name of ['one', 'two']) recipeFolder(t, name, '', join(parent, 'pkg'));
	const built = await build();
	t.deepEqual([built.exitCode, built.stderr], [0, '']);
	t.deepEqual(
		built.stdout
			.split('\n')
			.map((line) => line.split(' ')[0])
			.sort(),
		['', 'slipway/one:v1', 'slipway/two:v1'],
	);
});
