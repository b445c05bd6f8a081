import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { storeFolder } from '../../../../tools/images/store-location.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, putTestImage } from '../../../helpers/tar.ts';

const members = [{ name: 'app', body: 'hello', mode: 0o755 }];

test('openImageStore() is an OCI layout that skopeo reads', async (t) => {
	const folder = scratchFolder(t);
	await putTestImage(openImageStore(folder), 'slipway/a:v1', members);
	const seen = await runProgram('skopeo', ['inspect', '--raw', `oci:${folder}:docker.io/slipway/a:v1`]);
	t.is(seen.exitCode, 0, seen.stderr);
	t.is((JSON.parse(seen.stdout) as { schemaVersion: number }).schemaVersion, 2);
});

test('openImageStore() is an OCI layout that umoci unpacks', async (t) => {
	const folder = scratchFolder(t);
	await putTestImage(openImageStore(folder), 'slipway/a:v1', members);
	const bundle = join(scratchFolder(t), 'bundle');
	const copied = await runProgram('skopeo', [
		'copy',
		`oci:${folder}:docker.io/slipway/a:v1`,
		`oci:${bundle}-oci:v1`,
	]);
	t.is(copied.exitCode, 0, copied.stderr);
	const unpacked = await runProgram('umoci', ['unpack', '--rootless', '--image', `${bundle}-oci:v1`, bundle]);
	t.is(unpacked.exitCode, 0, unpacked.stderr);
	t.deepEqual(readdirSync(join(bundle, 'rootfs')), ['app']);
});

test('writeBlob() stores nothing of a blob with the wrong digest or size', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(folder);
	const bytes = Buffer.from('what was promised');
	const expected = { mediaType: mediaTypes.layer, digest: digestOf(bytes), size: bytes.length };
	for (const wrong of [Buffer.from('what was not mised'), bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
		await t.throwsAsync(store.writeBlob(bytesOf(wrong), mediaTypes.layer, expected), {
			code: 'DIGEST_MISMATCH',
		});
	}
	t.deepEqual(readdirSync(join(folder, 'blobs', 'sha256')), []);
	t.deepEqual(readdirSync(folder), ['blobs']);
});

test('blobs.read() detects a blob that was damaged on disk', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const descriptor = await store.writeBlob(bytesOf(Buffer.from('right')), mediaTypes.layer);
	writeFileSync(store.blobs.path(descriptor.digest), 'wrong');
	await t.throwsAsync(
		async () => {
			for await (const _ of store.blobs.read(descriptor));
		},
		{ code: 'DIGEST_MISMATCH', message: new RegExp(descriptor.digest) },
	);
});

test('blobs.read() removes a blob that was damaged on disk, but no manifest and no blob that only was declared with another size', async (t) => {
	const store = openImageStore(scratchFolder(t));
	for (const mediaType of [mediaTypes.layer, mediaTypes.config, mediaTypes.manifest, mediaTypes.index]) {
		const descriptor = await store.writeBlob(bytesOf(Buffer.from('{}')), mediaType);
		const reading = async (size: number) => await store.blobs.readWhole({ ...descriptor, size });
		await t.throwsAsync(reading(3), { code: 'DIGEST_MISMATCH' });
		t.true(store.blobs.has(descriptor.digest));
		writeFileSync(store.blobs.path(descriptor.digest), '[]');
		await t.throwsAsync(reading(2), { code: 'DIGEST_MISMATCH', message: /Pull, import or build/ });
		t.is(
			store.blobs.has(descriptor.digest),
			[mediaTypes.manifest, mediaTypes.index].includes(mediaType as never),
		);
	}
});

test('blobs.path() refuses a digest that is a path: path escape', (t) => {
	const store = openImageStore('/nowhere');
	for (const digest of ['sha256:../../etc/passwd', 'sha256:', 'md5:aa', `sha256:${'A'.repeat(64)}`]) {
		t.throws(() => store.blobs.path(digest), { code: 'BAD_IMAGE' });
	}
});

test('putImage() loses no tag of concurrent writers', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const names = Array.from({ length: 12 }, (_, index) => `docker.io/slipway/n${index}:v1`);
	await Promise.all(names.map((name) => putTestImage(openImageStore(store.folder), name, members)));
	t.deepEqual(
		(await store.list()).map((image) => image.reference),
		names.sort(),
	);
});

test('putImage() removes the lock of a dead process', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const lock = join(store.folder, '.index.lock');
	writeFileSync(lock, '');
	utimesSync(lock, 0, 0);
	const names = Array.from({ length: 6 }, (_, index) => `docker.io/slipway/n${index}:v1`);
	await Promise.all(names.map((name) => putTestImage(openImageStore(store.folder), name, members)));
	t.is((await store.list()).length, names.length);
	t.deepEqual(readdirSync(store.folder).sort(), ['blobs', 'index.json', 'oci-layout']);
});

test('putImage() of the same content gives the same digest, and a new one replaces the tag', async (t) => {
	const [a, b] = [openImageStore(scratchFolder(t)), openImageStore(scratchFolder(t))];
	for (const store of [a, b]) await putTestImage(store, 'x/y', members);
	t.is((await a.find('x/y'))?.manifest.digest, (await b.find('x/y'))?.manifest.digest);
	await putTestImage(a, 'x/y', [{ name: 'other', body: '' }]);
	t.is((await a.list()).length, 1);
	t.not((await a.find('x/y'))?.manifest.digest, (await b.find('x/y'))?.manifest.digest);
});

test('storeFolder() uses the option, then SLIPWAY_CACHE, then XDG', (t) => {
	t.is(storeFolder('/o', { SLIPWAY_CACHE: '/e' }), '/o');
	t.is(storeFolder(undefined, { SLIPWAY_CACHE: '/e', XDG_CACHE_HOME: '/x' }), '/e');
	t.is(storeFolder(undefined, { SLIPWAY_CACHE: '', XDG_CACHE_HOME: '/x' }), '/x/slipway');
	t.regex(storeFolder(undefined, {}), /\/\.cache\/slipway$/);
});
