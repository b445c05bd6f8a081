import test from 'ava';
import { openImageStore } from '../../../../tools/images/store.ts';
import { withBaseDefaults } from '../../../../tools/package/base-image.ts';
import { buildPackage, packageState } from '../../../../tools/package/build-package.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { madeUpSource, projectFolder } from './made-up-debian.ts';

test('buildPackage() puts its layer on those of the image that "from" names', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const source = await madeUpSource(t);
	const build = async (yaml: string) =>
		await buildPackage(await loadRecipe(projectFolder(t, { 'build.yml': yaml })), store, source);
	const program = 'files: [{ path: bin/a, contents: one, mode: "0755" }]\n';
	await build(`image: below\n${program}env: [A=1]\nworkdir: /srv\ncommand: [/bin/a]\n`);
	await build('image: above\nfrom: slipway/below:v1\nfiles: [{ path: bin/b, contents: two }]\nenv: [B=2]\n');
	const [below, above] = [await store.find('slipway/below:v1'), await store.find('slipway/above:v1')];
	t.is(above?.layers[0]?.digest, below?.layers[0]?.digest);
	t.like(above?.config.config, { Env: ['A=1', 'B=2'], WorkingDir: '/srv', Cmd: ['/bin/a'] });
	t.is(above?.config.diffIds.length, 2);
	// The directory itself is the base's.
	const listed = await runProgram('tar', ['-tzf', store.blobs.path(above?.layers[1]?.digest ?? '')]);
	t.is(listed.stdout, 'bin/b\n');
});

test('buildPackage() builds again when the image of "from" is another one, and says where to get a missing one', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const source = await madeUpSource(t);
	const load = async (yaml: string) => await loadRecipe(projectFolder(t, { 'build.yml': yaml }));
	const above = await load('image: above\nfrom: slipway/below:v1\nfiles: [{ path: b, contents: two }]\n');
	await t.throwsAsync(buildPackage(above, store, source), {
		code: 'NO_IMAGE',
		message: /has no slipway\/below:v1\. Fetch it: slipway cache pull slipway\/below:v1$/,
	});
	const below = async (text: string) =>
		await buildPackage(await load(`image: below\nfiles: [{ path: a, contents: ${text} }]\n`), store, source);
	await below('one');
	await buildPackage(above, store, source);
	t.true((await packageState(above, store, source)).isUpToDate);
	await below('another');
	t.false((await packageState(above, store, source)).isUpToDate);
});

test('withBaseDefaults() replaces Entrypoint and Cmd together', (t) => {
	const base = { Entrypoint: ['/a'], Cmd: ['b'], User: 'c', Env: ['X=1', 'Y=2'], Labels: { l: '1' } };
	t.deepEqual(withBaseDefaults(base, { Labels: { m: '2' } }), { ...base, Labels: { l: '1', m: '2' } });
	t.deepEqual(withBaseDefaults(base, { Cmd: ['/d'], Env: ['X=3'] }), {
		Cmd: ['/d'],
		User: 'c',
		Env: ['X=3', 'Y=2'],
		Labels: { l: '1' },
	});
});
