import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { type BuiltPackage, buildPackage } from '../../../../tools/package/build-package.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type MadeUpSource, madeUpSource, projectFolder } from './made-up-debian.ts';

const yaml = `image: x
debian: [{ package: tools, take: [/bin] }]
copy: [{ from: root, to: / }, { from: run.sh, to: run.sh }]
`;
const version = (body: string) => ({ name: 'tools', members: [{ name: 'bin/tool', body, mode: 0o755 }] });

interface Place {
	readonly folder: string;
	readonly store: ImageStore;
	readonly source: MadeUpSource;
	build(): Promise<BuiltPackage>;
}

async function makePlace(t: ExecutionContext): Promise<Place> {
	const folder = projectFolder(t, { 'build.yml': yaml, 'root/etc/motd': 'hello', 'run.sh': '#!/bin/sh' });
	chmodSync(join(folder, 'run.sh'), 0o755);
	symlinkSync('motd', join(folder, 'root/etc/issue'));
	const store = openImageStore(scratchFolder(t));
	const source = await madeUpSource(t, version('one'));
	return { folder, store, source, build: async () => buildPackage(await loadRecipe(folder), store, source) };
}

const resultOf = ({ reference, manifest, sizeBytes }: BuiltPackage) => ({
	reference,
	sizeBytes,
	manifest: { digest: manifest.digest },
});

test('buildPackage() gives the same image in two stores, whatever the owner and time of the checkout', async (t) => {
	const [one, two] = [await makePlace(t), await makePlace(t)];
	for (const [path, mode] of [
		['root', 0o700],
		['root/etc', 0o700],
		['root/etc/motd', 0o600],
		['run.sh', 0o700],
	] as const) {
		chmodSync(join(two.folder, path), mode);
		utimesSync(join(two.folder, path), 1e9, 1e9);
	}
	t.deepEqual((await one.build()).manifest, (await two.build()).manifest);
});

test('buildPackage() does nothing when nothing has changed', async (t) => {
	const { build, source } = await makePlace(t);
	const first = await build();
	t.false(first.upToDate);
	t.like(await build(), { ...resultOf(first), upToDate: true });
	t.deepEqual(source.fetched, ['tools']);
});

test('buildPackage() builds the same image when it builds again', async (t) => {
	const { build, store } = await makePlace(t);
	const first = await build();
	const layer = (await store.find(first.reference))?.layers[0]?.digest ?? '';
	rmSync(store.blobs.path(layer));
	t.deepEqual(await build(), first);
	t.true(store.blobs.has(layer));
});

const changes = test.macro({
	async exec(t, change: (place: Place) => unknown) {
		const place = await makePlace(t);
		const first = await place.build();
		await change(place);
		const second = await place.build();
		t.false(second.upToDate);
		t.not(second.manifest.digest, first.manifest.digest);
		t.like(await place.build(), { ...resultOf(second), upToDate: true });
	},
	title: (what) => `buildPackage() builds again for ${what}`,
});

const write = (path: string, text: string) => (place: Place) => writeFileSync(join(place.folder, path), text);

test('another Debian package of the same version', changes, async ({ source }) =>
	source.publish(version('two')),
);
test('a changed recipe', changes, write('build.yml', `${yaml}workdir: /srv\n`));
test('a comment in the recipe', changes, write('build.yml', `${yaml}# Why.\n`));
test('a changed file in a copied directory', changes, write('root/etc/motd', 'other'));
test('a changed copied file', changes, write('run.sh', 'other'));
test('a new file in a copied directory', changes, write('root/new', ''));
test('a removed file', changes, ({ folder }) => rmSync(join(folder, 'root/etc/motd')));
test('a renamed file', changes, ({ folder }) =>
	renameSync(join(folder, 'root/etc/motd'), join(folder, 'root/etc/mote')),
);
test('a new empty directory', changes, ({ folder }) => mkdirSync(join(folder, 'root/empty')));
test('a removed executable bit', changes, ({ folder }) => chmodSync(join(folder, 'run.sh'), 0o644));
test('a link with another target', changes, ({ folder }) => {
	rmSync(join(folder, 'root/etc/issue'));
	symlinkSync('other', join(folder, 'root/etc/issue'));
});
test('a file in the place of a link', changes, ({ folder }) => {
	rmSync(join(folder, 'root/etc/issue'));
	writeFileSync(join(folder, 'root/etc/issue'), 'motd');
});
