import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Descriptor } from '../../../../supervisor/image/descriptor.ts';
import { tarArchive } from '../../../../tools/archive/tar.ts';
import { exportLayout } from '../../../../tools/images/export-layout.ts';
import { shippedArchive, withShippedPackages } from '../../../../tools/images/shipped-packages.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const init = 'docker.io/slipway/init:v1';
const redis = 'docker.io/slipway/redis:v1';

interface Shipped {
	readonly path: string;
	readonly images: ReadonlyMap<string, Descriptor>;
}

/** Writes an archive as `slipway cache export` does. */
async function ship(t: ExecutionContext, contents: Readonly<Record<string, string>>): Promise<Shipped> {
	const store = openImageStore(scratchFolder(t));
	const images = new Map<string, Descriptor>();
	for (const [reference, body] of Object.entries(contents)) {
		await putTestImage(store, reference, [{ name: 'app', body }]);
		const found = await store.resolve(reference);
		if (found !== null) images.set(reference, { ...found, annotations: {} });
	}
	const path = join(scratchFolder(t), 'packages.tar');
	writeFileSync(path, await buffer(tarArchive(exportLayout(images, store.blobs))));
	return { path, images };
}

test('withShippedPackages() copies an image when it is asked for, and no other', async (t) => {
	const { path, images } = await ship(t, { [init]: 'a', [redis]: 'b' });
	const own = openImageStore(scratchFolder(t));
	const store = withShippedPackages(own, path);
	const [found, again] = await Promise.all([store.resolve('slipway/init:v1'), store.find('slipway/init:v1')]);
	t.is(found?.digest, images.get(init)?.digest);
	t.is(again?.manifest.digest, found?.digest);
	t.deepEqual(
		(await own.list()).map(({ reference }) => reference),
		[init],
	);
	t.true(own.blobs.has(again?.manifest.digest ?? ''));
	t.true(await store.has(redis));
	t.false(await store.has('slipway/nginx:v1'));
});

test('withShippedPackages() replaces what an older archive brought, not what the user built', async (t) => {
	const old = await ship(t, { [init]: 'old', [redis]: 'old' });
	const young = await ship(t, { [init]: 'new', [redis]: 'new' });
	const own = openImageStore(scratchFolder(t));
	await withShippedPackages(own, old.path).resolve(init);
	await putTestImage(own, redis, [{ name: 'app', body: 'mine' }]);
	const mine = await own.resolve(redis);
	const store = withShippedPackages(own, young.path);
	t.is((await store.resolve(init))?.digest, young.images.get(init)?.digest);
	t.is((await store.resolve(redis))?.digest, mine?.digest);
});

test('withShippedPackages() copies an image by its digest, and not another one of the name', async (t) => {
	const { path, images } = await ship(t, { [init]: 'a' });
	const own = openImageStore(scratchFolder(t));
	const store = withShippedPackages(own, path);
	t.is(await store.resolve(`${init}@sha256:${'0'.repeat(64)}`), null);
	t.deepEqual(await own.list(), []);
	const digest = images.get(init)?.digest ?? '';
	t.is((await store.resolve(`${init}@${digest}`))?.digest, digest);
});

test('withShippedPackages() says that the archive is cut', async (t) => {
	const { path } = await ship(t, { [init]: 'a' });
	const bytes = readFileSync(path);
	writeFileSync(path, bytes.subarray(0, bytes.lastIndexOf('blobs/sha256/') + 600));
	const store = withShippedPackages(openImageStore(scratchFolder(t)), path);
	await t.throwsAsync(store.resolve(init), {
		code: 'BAD_IMAGE',
		message: /packages\.tar is damaged: it ends inside/,
	});
});

test('withShippedPackages() stores no blob whose bytes were changed', async (t) => {
	const { path } = await ship(t, { [init]: 'a' });
	const bytes = readFileSync(path);
	// The last bytes before the end blocks are a blob's.
	bytes.fill(0x20, bytes.indexOf('blobs/sha256/') + 1024);
	writeFileSync(path, bytes);
	const store = withShippedPackages(openImageStore(scratchFolder(t)), path);
	await t.throwsAsync(store.resolve(init));
});

test('shippedArchive() is found from the program, and absent in a clone', (t) => {
	const folder = scratchFolder(t);
	t.is(shippedArchive(null), null);
	t.is(shippedArchive(join(folder, 'bin/slipway')), null);
	mkdirSync(join(folder, 'share/slipway'), { recursive: true });
	writeFileSync(join(folder, 'share/slipway/packages.tar'), '');
	t.is(shippedArchive(join(folder, 'bin/slipway')), join(folder, 'share/slipway/packages.tar'));
});
