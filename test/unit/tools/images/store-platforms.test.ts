// One reference may name the images of several processors, of which each command finds its own.

import test from 'ava';
import { isIndex } from '../../../../supervisor/image/manifest.ts';
import { pruneStore } from '../../../../tools/images/prune-store.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const put = async (store: ImageStore, architecture: string, command: string) =>
	await store.putImage('t/app:v1', {
		config: { architecture, os: 'linux', config: { Cmd: [command] } },
		layers: [],
	});

const platform = (architecture: string) => ({ os: 'linux', architecture });

const commandFor = async (store: ImageStore, architecture: string) =>
	(await store.find('t/app:v1', platform(architecture)))?.config.config.Cmd?.[0];

test('putImage() keeps the image of another processor', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(folder);
	await put(store, 'amd64', 'a');
	t.false(isIndex((await store.resolve('t/app:v1'))?.mediaType ?? ''), 'one image needs no index');
	await put(store, 'arm64', 'b');
	t.true(isIndex((await store.resolve('t/app:v1'))?.mediaType ?? ''));
	t.deepEqual([await commandFor(store, 'amd64'), await commandFor(store, 'arm64')], ['a', 'b']);
	const found = await openImageStore(folder, new Set(), null, platform('arm64')).find('t/app:v1');
	t.is(found?.config.config.Cmd?.[0], 'b', 'the platform of the store is the default');
	t.is((await store.list()).length, 2);
});

test('putImage() replaces the image of the same processor alone', async (t) => {
	const store = openImageStore(scratchFolder(t));
	for (const [architecture = '', command = ''] of [
		['amd64', 'a'],
		['arm64', 'b'],
		['amd64', 'c'],
	])
		await put(store, architecture, command);
	t.deepEqual([await commandFor(store, 'amd64'), await commandFor(store, 'arm64')], ['c', 'b']);
	t.is((await store.list()).length, 2);
});

test('putImage() of two processors gives one index, in either order', async (t) => {
	const [one, two] = [openImageStore(scratchFolder(t)), openImageStore(scratchFolder(t))];
	await put(one, 'amd64', 'a');
	await put(one, 'arm64', 'b');
	await put(two, 'arm64', 'b');
	await put(two, 'amd64', 'a');
	t.is((await one.resolve('t/app:v1'))?.digest, (await two.resolve('t/app:v1'))?.digest);
});

test('putImage() of several processors at once loses none', async (t) => {
	const folder = scratchFolder(t);
	const names = ['amd64', 'arm64', 'riscv64', 's390x'];
	await Promise.all(names.map((name) => put(openImageStore(folder), name, name)));
	for (const name of names) t.is(await commandFor(openImageStore(folder), name), name);
});

test('find() knows the digest of an image that has become one of several', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const { digest } = await put(store, 'amd64', 'a');
	await put(store, 'arm64', 'b');
	const found = await store.find(`t/app:v1@${digest}`, platform('amd64'));
	t.is(found?.config.config.Cmd?.[0], 'a');
	t.is(await store.find(`t/other:v1@${digest}`, platform('amd64')), null, 'of another name');
});

test('an index of the store is one that skopeo reads, and a prune keeps it', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(folder);
	await put(store, 'amd64', 'a');
	await put(store, 'arm64', 'b');
	await pruneStore(folder, { dryRun: false, nowMs: Date.now() + 100 * 24 * 3600 * 1000 });
	for (const name of ['amd64', 'arm64']) {
		const seen = await runProgram('skopeo', [
			'inspect',
			`--override-arch=${name}`,
			`oci:${folder}:docker.io/t/app:v1`,
		]);
		t.is(seen.exitCode, 0, seen.stderr);
		t.is((JSON.parse(seen.stdout) as { Architecture: string }).Architecture, name);
	}
});
