import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { pkgBuildCommand } from '../../../../tools/commands/pkg-build.ts';
import { pkgLsCommand } from '../../../../tools/commands/pkg-ls.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { recipeFolder } from './recipe-folder.ts';

test('slipway pkg ls prints what is up to date, out of date and not built', async (t) => {
	const cache = join(scratchFolder(t), 'cache');
	const folders = ['one', 'two', 'three'].map((name) => recipeFolder(t, name));
	const [one = '', two = ''] = folders;
	await runCommand(pkgBuildCommand, '--cache', cache, one, two);
	writeFileSync(join(two, 'build.yml'), 'image: two\nfiles: [{ path: a, contents: "b" }]\n');
	const { exitCode, out, err } = await runCommand(pkgLsCommand, '--cache', cache, ...folders);
	t.deepEqual([exitCode, err], [0, '']);
	const lines = [
		'REFERENCE +DIGEST +SIZE +STATE',
		'slipway/one:v1 +[0-9a-f]{12} +\\d+ B +up to date',
		'slipway/two:v1 +[0-9a-f]{12} +\\d+ B +out of date',
		'slipway/three:v1 +- +- +not built',
	];
	t.regex(out, new RegExp(`^${lines.join('\\n')}\\n$`));
	const json = await runCommand(pkgLsCommand, '--cache', cache, '--json', ...folders);
	const image = await openImageStore(cache).find('slipway/one:v1');
	const listed = JSON.parse(json.out) as Record<string, unknown>[];
	t.deepEqual(listed[0], {
		folder: one,
		reference: 'slipway/one:v1',
		state: 'up to date',
		digest: image?.manifest.digest,
		sizeBytes: image?.layers[0]?.size,
	});
	t.like(listed[2], { digest: null, sizeBytes: null, state: 'not built' });
	await runCommand(pkgBuildCommand, '--cache', cache, '--arch', 'arm64', one);
	const arm = await runCommand(pkgLsCommand, '--cache', cache, '--arch', 'arm64', '--json', ...folders);
	const states = (JSON.parse(arm.out) as { readonly state: string }[]).map(({ state }) => state);
	t.deepEqual(states, ['up to date', 'not built', 'not built']);
});

test('slipway pkg ls: a mistake in a recipe, and wrong usage', async (t) => {
	const nowhere = scratchFolder(t);
	await t.throwsAsync(runCommand(pkgLsCommand, nowhere), { code: 'NO_FILE' });
	await t.throwsAsync(runCommand(pkgLsCommand, '--nothing'), { name: 'UsageError', message: /--nothing/ });
});
