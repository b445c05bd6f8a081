import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cachePruneCommand } from '../../../../tools/commands/cache-prune.ts';
import { type PrunedKind, pruneStore } from '../../../../tools/images/prune-store.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
const uuid = '01234567-89ab-cdef-0123-456789abcdef';

/** Makes two images that share no blob, one of them without a reference. */
async function storeWithGarbage(t: ExecutionContext): Promise<ImageStore> {
	const store = openImageStore(scratchFolder(t));
	const pins = JSON.stringify([{ name: 'kept', sha256: 'a'.repeat(64) }]);
	await putTestImage(store, 'kept', [{ name: 'app', body: 'kept' }], {
		Labels: { 'org.slipway.debian': pins },
	});
	await putTestImage(store, 'gone', [{ name: 'app', body: 'gone' }], { Cmd: ['/gone'] });
	await store.untag(['gone']);
	return store;
}

async function prunedAfter(store: ImageStore, ageMs: number, kind: PrunedKind, dryRun = false) {
	const pruned = await pruneStore(store.folder, { dryRun, nowMs: Date.now() + ageMs });
	return pruned.filter((each) => each.kind === kind).map((each) => each.path.slice(store.folder.length + 1));
}

function put(store: ImageStore, folder: string, ...names: readonly string[]): void {
	mkdirSync(join(store.folder, folder), { recursive: true });
	for (const name of names) writeFileSync(join(store.folder, folder, name), 'bytes');
}

test('pruneStore() removes blobs without a reference, and the other images stay whole', async (t) => {
	const store = await storeWithGarbage(t);
	t.is((await prunedAfter(store, 2 * hourMs, 'blob', true)).length, 3);
	t.is(readdirSync(join(store.folder, 'blobs', 'sha256')).length, 6);
	t.is((await prunedAfter(store, 2 * hourMs, 'blob')).length, 3);
	t.is(readdirSync(join(store.folder, 'blobs', 'sha256')).length, 3);
	const image = await store.find('kept');
	for (const layer of image?.layers ?? []) for await (const _ of store.blobs.read(layer));
	t.is(image?.layers.length, 1);
	t.deepEqual(await prunedAfter(store, 2 * hourMs, 'blob'), []);
	t.deepEqual(readdirSync(store.folder).sort(), ['blobs', 'index.json', 'oci-layout']);
});

test('pruneStore() keeps new blobs: a pull or build has not tagged them yet', async (t) => {
	const store = await storeWithGarbage(t);
	t.deepEqual(await prunedAfter(store, hourMs / 2, 'blob'), []);
});

test('blobs.has() makes a blob count as new, so that pruneStore() keeps it', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'gone', [{ name: 'app', body: 'gone' }]);
	const { digest } = (await store.find('gone'))?.layers[0] ?? { digest: '' };
	utimesSync(store.blobs.path(digest), 0, 0);
	t.true(store.blobs.has(digest));
	t.true(Date.now() - statSync(store.blobs.path(digest)).mtimeMs < hourMs);
});

test('pruneStore() removes Debian packages that no stored image was made of', async (t) => {
	const store = await storeWithGarbage(t);
	const gone = `gone_${'b'.repeat(64)}.deb`;
	put(store, 'debian', `kept_${'a'.repeat(64)}.deb`, gone, 'unknown.txt');
	t.deepEqual(await prunedAfter(store, hourMs / 2, 'debian'), []);
	t.deepEqual(await prunedAfter(store, 2 * hourMs, 'debian'), [`debian/${gone}`]);
	t.deepEqual(readdirSync(join(store.folder, 'debian')), [`kept_${'a'.repeat(64)}.deb`, 'unknown.txt']);
});

test('pruneStore() removes segments after 30 days', async (t) => {
	const store = await storeWithGarbage(t);
	const names = ['.cpio.zst', '.file', '.json'].map((ending) => 'c'.repeat(64) + ending);
	put(store, 'segments', ...names, 'unknown');
	t.deepEqual(await prunedAfter(store, 29 * dayMs, 'segment'), []);
	t.deepEqual(
		await prunedAfter(store, 31 * dayMs, 'segment'),
		names.map((name) => `segments/${name}`),
	);
	t.deepEqual(readdirSync(join(store.folder, 'segments')), ['unknown']);
});

test('pruneStore() removes the files of dead writers after a day', async (t) => {
	const store = await storeWithGarbage(t);
	put(store, '.', `.incoming-${uuid}`, `.slipway-${uuid}`, `index.json.${uuid}`);
	put(store, '.package-abc/deep', 'file');
	put(store, 'debian/.download-abc', 'file');
	put(store, 'segments', `.${uuid}`, `.slipway-${uuid}`);
	t.deepEqual(await prunedAfter(store, dayMs / 2, 'leftover'), []);
	t.deepEqual(await prunedAfter(store, 2 * dayMs, 'leftover'), [
		...[`.incoming-${uuid}`, '.package-abc', `.slipway-${uuid}`, `index.json.${uuid}`],
		...[`segments/.${uuid}`, `segments/.slipway-${uuid}`, 'debian/.download-abc'],
	]);
	t.deepEqual(readdirSync(store.folder).sort(), ['blobs', 'debian', 'index.json', 'oci-layout', 'segments']);
});

test('pruneStore() removes nothing when a manifest is damaged, because its blobs are unknown', async (t) => {
	const store = await storeWithGarbage(t);
	const { digest } = (await store.find('kept'))?.manifest ?? { digest: '' };
	writeFileSync(store.blobs.path(digest), '{}');
	await t.throwsAsync(prunedAfter(store, 31 * dayMs, 'blob'), { code: 'DIGEST_MISMATCH' });
	t.is(readdirSync(join(store.folder, 'blobs', 'sha256')).length, 6);
});

test('slipway cache prune prints what it frees', async (t) => {
	const store = await storeWithGarbage(t);
	const nothing = await runCommand(cachePruneCommand, '--cache', store.folder);
	t.is(nothing.out, 'Freed 0 B.\n');
	const json = await runCommand(cachePruneCommand, '--cache', store.folder, '--dry-run', '--json');
	t.deepEqual(JSON.parse(json.out), { dryRun: true, freedBytes: 0, removed: [] });
	const none = join(scratchFolder(t), 'none');
	t.is((await runCommand(cachePruneCommand, '--cache', none, '--dry-run')).out, 'Would free 0 B.\n');
	t.false(existsSync(none));
	await t.throwsAsync(runCommand(cachePruneCommand, 'x'), { name: 'UsageError' });
});
