import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { loadRecipe, recipeReference } from '../../../../tools/package/recipe.ts';
import { recipeStarters } from '../../../../tools/package/recipe-starters.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const cli = { run: main };

for (const from of Object.keys(recipeStarters)) {
	test(`slipway pkg new --from ${from} writes a recipe that loads, with the files that it names`, async (t) => {
		const folder = join(scratchFolder(t), 'hello');
		const { exitCode, out, err } = await runCommand(cli, 'pkg', 'new', '--from', from, folder);
		t.deepEqual([exitCode, out.split('\n')[0]], [0, join(folder, 'build.yml')]);
		t.true(err.endsWith('name it in a YAML file: image: slipway/hello:v1\n'), err);
		const recipe = await loadRecipe(folder);
		t.is(recipeReference(recipe), 'slipway/hello:v1');
		for (const { from: source } of recipe.copy) t.true(existsSync(join(folder, source)), source);
		for (const file of out.trim().split('\n')) {
			const isScript = readFileSync(file, 'utf8').startsWith('#!');
			t.is(
				(statSync(file).mode & 0o100) !== 0,
				isScript,
				`${file}: pkg build refuses a program without the mode x`,
			);
		}
		const json = await runCommand(cli, 'pkg', 'new', '--json', '--from', from, join(folder, 'hello'));
		const files = out.trim().split('\n');
		t.deepEqual(
			JSON.parse(json.out),
			files.map((file) => file.replace(folder, join(folder, 'hello'))),
		);
	});
}

test('slipway pkg new leaves a directory alone that exists, and refuses a name that no image has', async (t) => {
	const folder = scratchFolder(t);
	const there = await runCommand(cli, 'pkg', 'new', folder);
	t.deepEqual([there.exitCode, there.err], [1, `slipway: ${folder} exists. Choose another name.\n`]);
	t.is((await runCommand(cli, 'pkg', 'new', join(folder, 'My App'))).exitCode, 2);
	t.is((await runCommand(cli, 'pkg', 'new')).exitCode, 2);
});
