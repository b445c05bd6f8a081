// The commands of the store, and builds, when its disk is full or read-only: a small tmpfs.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { signaturesAnnotation } from '../../../../supervisor/contract/labels.ts';
import { main } from '../../../../tools/cli.ts';
import { pruneStore } from '../../../../tools/images/prune-store.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel: { image: "t/kernel:v1", tar: none }
init: ["t/app:v1"]
services:
  - { name: one, image: "t/app:v1" }
`;

interface Place {
	readonly store: string;
	readonly out: string;
	slipway(...args: readonly string[]): ReturnType<typeof runCommand>;
	build(): ReturnType<typeof runCommand>;
	/** Fills the disk. */
	full(): void;
	readOnly(): void;
}

async function makePlace(t: ExecutionContext): Promise<Place> {
	const folder = scratchFolder(t);
	const [store, out] = [join(folder, 'store'), join(folder, 'out')];
	for (const each of [store, out]) mkdirSync(each);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', store]);
	t.teardown(() => execFileSync('umount', ['--lazy', store]));
	const images = openImageStore(store);
	await putTestImage(images, 't/kernel:v1', [{ name: 'kernel', body: 'the kernel' }]);
	await putTestImage(images, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o755 }]);
	writeFileSync(join(folder, 'system.yml'), yaml);
	const slipway: Place['slipway'] = async (...args) => await runCommand({ run: main }, ...args);
	return {
		store,
		out,
		slipway,
		build: async () =>
			await slipway('build', '--offline', '--cache', store, '--dir', out, join(folder, 'system.yml')),
		full() {
			const filler = join(store, 'filler');
			for (const size of [65_536, 4096]) {
				const isFull = () => statfsSync(store).bavail * 4096 < size;
				while (!isFull()) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
			}
		},
		readOnly: () => void execFileSync('mount', ['-o', 'remount,ro', store]),
	};
}

/** Directories do not count: the store makes its own when it is first used. */
function filesIn(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((each) => !each.isDirectory())
		.map((each) => join(each.parentPath, each.name))
		.sort();
}

/** An archive of `docker save` with one image, whose layer does not fit into what is left of a full disk. */
async function dockerArchive(t: ExecutionContext): Promise<string> {
	const file = join(scratchFolder(t), 'image.tar');
	const layer = await makeTar([{ name: 'app', body: 'x'.repeat(8192) }]);
	const config = JSON.stringify({
		architecture: 'amd64',
		os: 'linux',
		rootfs: { type: 'layers', diff_ids: [] },
	});
	writeFileSync(
		file,
		await makeTar([
			{ name: 'config.json', body: config },
			{ name: 'layer.tar', body: layer },
			{
				name: 'manifest.json',
				body: JSON.stringify([{ Config: 'config.json', RepoTags: ['t/new:v1'], Layers: ['layer.tar'] }]),
			},
		]),
	);
	return file;
}

type Run = (place: Place, t: ExecutionContext) => ReturnType<typeof runCommand>;

const importsAnImage: Run = async ({ slipway, store }, t) =>
	await slipway('cache', 'import', '--cache', store, await dockerArchive(t));
const removesAReference: Run = async ({ slipway, store }) =>
	await slipway('cache', 'rm', '--cache', store, 't/app:v1');
const buildsAPackage: Run = async ({ slipway, store }, t) => {
	const recipe = scratchFolder(t);
	writeFileSync(join(recipe, 'build.yml'), 'image: x\nfiles: [{ path: a, contents: a }]\n');
	return await slipway('pkg', 'build', '--cache', store, recipe);
};
const prunes: Run = async ({ slipway, store }) => await slipway('cache', 'prune', '--cache', store);

const fails = test.macro({
	async exec(t, state: 'full' | 'readOnly', run: Run, words: string) {
		const place = await makePlace(t);
		place[state]();
		const before = filesIn(place.store);
		const { exitCode, out, err } = await run(place, t);
		t.deepEqual([exitCode, out], [1, '']);
		t.true(err.startsWith(`slipway: The image store ${place.store} ${words} (`), err);
		t.deepEqual(filesIn(place.store), before);
	},
	title: (what) => `${what} is told and leaves nothing`,
});

const fullDisk = 'is on a full disk. Make room, for example with "slipway cache prune".';
const readOnlyDisk = 'is on a read-only disk. Choose another one with --cache.';
test('slipway cache import on a full disk', fails, 'full', importsAnImage, fullDisk);
test('slipway cache rm on a full disk', fails, 'full', removesAReference, fullDisk);
test('slipway cache import on a read-only disk', fails, 'readOnly', importsAnImage, readOnlyDisk);
test('slipway cache rm on a read-only disk', fails, 'readOnly', removesAReference, readOnlyDisk);
test('slipway pkg build on a full disk', fails, 'full', buildsAPackage, fullDisk);
test('slipway pkg build on a read-only disk', fails, 'readOnly', buildsAPackage, readOnlyDisk);
test('slipway cache prune on a read-only disk', fails, 'readOnly', prunes, readOnlyDisk);

test('pruneStore() makes room on a full disk, also when the index must change', async (t) => {
	const place = await makePlace(t);
	const { store } = place;
	// A build that died has left a file, and signatures have lost their image.
	const leftover = join(store, '.slipway-00000000-0000-0000-0000-000000000000');
	writeFileSync(leftover, Buffer.alloc(65_536));
	const indexFile = join(store, 'index.json');
	const index = JSON.parse(readFileSync(indexFile, 'utf8'));
	const lost = { [signaturesAnnotation]: `example.com/gone@sha256:${'0'.repeat(64)}` };
	writeFileSync(
		indexFile,
		JSON.stringify({
			...index,
			manifests: [...index.manifests, { ...index.manifests[0], annotations: lost }],
		}),
	);
	place.full();
	const pruned = await pruneStore(store, { dryRun: false, nowMs: Date.now() + 48 * 3_600_000 });
	t.deepEqual(
		pruned.map(({ path }) => path),
		[leftover],
	);
	t.false(readFileSync(indexFile, 'utf8').includes('example.com/gone'));
});

test('slipway cache ls and cache prune --dry-run need no store that can be written', async (t) => {
	const { store, slipway, readOnly } = await makePlace(t);
	readOnly();
	t.is((await slipway('cache', 'ls', '--cache', store)).exitCode, 0);
	t.is((await slipway('cache', 'prune', '--dry-run', '--cache', store)).out, 'Would free 0 B.\n');
});

for (const state of ['full', 'readOnly'] as const) {
	test(`slipway build with a store that is ${state} gives the same bytes, and keeps nothing`, async (t) => {
		const [usual, place] = [await makePlace(t), await makePlace(t)];
		t.is((await usual.build()).exitCode, 0);
		place[state]();
		const before = filesIn(place.store);
		const { exitCode, err } = await place.build();
		t.is(exitCode, 0, err);
		t.is(
			err.match(/Packed images are not kept: nothing can be written to the store \(E.*\)\./g)?.length,
			1,
			err,
		);
		for (const name of ['system-initrd.img', 'system-kernel'])
			t.deepEqual(readFileSync(join(place.out, name)), readFileSync(join(usual.out, name)));
		t.deepEqual(filesIn(place.store), before);
		t.deepEqual(readdirSync(place.out).sort(), readdirSync(usual.out).sort());
	});
}

test('slipway build and cache export to a full disk leave nothing there', async (t) => {
	const [place, other] = [await makePlace(t), await makePlace(t)];
	// The outputs go to the disk of another store.
	const full = other.store;
	other.full();
	const before = filesIn(full);
	for (const args of [
		['build', '--offline', '--cache', place.store, '--dir', full, join(place.out, '../system.yml')],
		['cache', 'export', '--cache', place.store, '--output', join(full, 'images.tar'), 't/app:v1'],
	]) {
		const { exitCode, err } = await place.slipway(...args);
		t.is(exitCode, 1);
		t.true(err.includes(`slipway: The disk of ${full} is full: ENOSPC: no space left on device`), err);
		t.deepEqual(filesIn(full), before);
	}
});
