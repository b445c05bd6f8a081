import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { cacheExportCommand } from '../../../../tools/commands/cache-export.ts';
import { importImages } from '../../../../tools/images/import.ts';
import { hostPlatform, type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { imageEntries } from '../../../../tools/system/image-entries.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar } from '../../../helpers/tar.ts';

const names = ['docker.io/slipway/a:v1', 'docker.io/slipway/b:v1'];

/** Makes images of two layers: one compressed and shared, one plain. */
async function putImages(store: ImageStore): Promise<void> {
	const shared = await makeTar([{ name: 'shared', body: 'x'.repeat(5000) }]);
	const first = await store.writeBlob(bytesOf(gzipSync(shared)), mediaTypes.layerGzip);
	for (const name of names) {
		const own = await makeTar([{ name: 'own', body: name }]);
		const second = await store.writeBlob(bytesOf(own), mediaTypes.layer);
		await store.putImage(name, {
			config: { ...hostPlatform, config: { Cmd: ['/own'] } },
			layers: [
				{ descriptor: first, diffId: digestOf(shared) },
				{ descriptor: second, diffId: digestOf(own) },
			],
		});
	}
}

async function filesOf(store: ImageStore, name: string): Promise<string[]> {
	const image = await store.find(name);
	if (image === null) throw new Error(`${name} is not there`);
	const paths: string[] = [];
	for await (const entry of imageEntries(store.blobs, image)) paths.push(entry.path);
	return paths.sort();
}

for (const format of ['oci', 'docker']) {
	test(`slipway cache export --format ${format} is accepted by cache import, with the same bytes each time`, async (t) => {
		const [store, folder] = [openImageStore(scratchFolder(t)), scratchFolder(t)];
		await putImages(store);
		const [one, two] = [join(folder, 'one.tar'), join(folder, 'two.tar')];
		const options = ['--cache', store.folder, '--format', format, '--output'];
		await runCommand(cacheExportCommand, ...options, one, ...names);
		await runCommand(cacheExportCommand, ...options, two, 'slipway/b:v1', ...names);
		t.deepEqual(readFileSync(one), readFileSync(two));
		t.deepEqual(readdirSync(folder), ['one.tar', 'two.tar']);
		const target = openImageStore(scratchFolder(t));
		t.deepEqual(await importImages(one, target), names);
		for (const name of names) t.deepEqual(await filesOf(target, name), ['own', 'shared']);
	});

	test(`slipway cache export --format ${format} is accepted by skopeo`, async (t) => {
		const [store, folder] = [openImageStore(scratchFolder(t)), scratchFolder(t)];
		await putImages(store);
		const tar = join(folder, 'image.tar');
		const options = ['--cache', store.folder, '--format', format, '--output', tar];
		await runCommand(cacheExportCommand, ...options, ...names);
		for (const name of names) {
			const from = `${format}-archive:${tar}:${name}`;
			const copied = await runProgram('skopeo', ['copy', from, `oci:${folder}/copy:${name}`]);
			t.is(copied.exitCode, 0, copied.stderr);
			t.deepEqual(await filesOf(openImageStore(join(folder, 'copy')), name), ['own', 'shared']);
		}
	});
}

test('slipway cache export writes to the standard output, but not to a terminal', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putImages(store);
	const args = ['--cache', store.folder, ...names];
	t.regex((await runCommand(cacheExportCommand, ...args)).out, /^oci-layout\0/);
	const terminal = Object.assign(new PassThrough(), { isTTY: true });
	await t.throwsAsync(cacheExportCommand.run(args, { out: terminal, err: terminal }), {
		name: 'UsageError',
		message: /terminal/,
	});
});

test('slipway cache export names each image for containerd and for the image-spec', async (t) => {
	const [store, folder] = [openImageStore(scratchFolder(t)), scratchFolder(t)];
	await putImages(store);
	const tar = join(folder, 'image.tar');
	await runCommand(cacheExportCommand, '--cache', store.folder, '--output', tar, ...names);
	const { stdout } = await runProgram('tar', ['-xOf', tar, 'index.json']);
	const { manifests } = JSON.parse(stdout);
	for (const [index, name] of names.entries()) {
		t.like(manifests[index].annotations, {
			'org.opencontainers.image.ref.name': name,
			'io.containerd.image.name': name,
		});
	}
});

test('slipway cache export leaves no file when a blob is damaged or missing', async (t) => {
	const [store, folder] = [openImageStore(scratchFolder(t)), scratchFolder(t)];
	await putImages(store);
	const layer = (await store.find('slipway/a:v1'))?.layers[1]?.digest ?? '';
	const args = ['--cache', store.folder, '--output', join(folder, 'a.tar')];
	const { length } = readFileSync(store.blobs.path(layer));
	for (const format of ['oci', 'docker']) {
		writeFileSync(store.blobs.path(layer), Buffer.alloc(length, 1));
		const damaged = runCommand(cacheExportCommand, ...args, '--format', format, 'slipway/a:v1');
		await t.throwsAsync(damaged, { code: 'DIGEST_MISMATCH' });
	}
	t.false(store.blobs.has(layer));
	for (const format of ['oci', 'docker']) {
		const missing = runCommand(cacheExportCommand, ...args, '--format', format, 'slipway/a:v1');
		await t.throwsAsync(missing, { code: 'BLOB_MISSING' });
	}
	t.deepEqual(readdirSync(folder), []);
});

test('slipway cache export of an index has the platforms of the store', async (t) => {
	const [store, folder] = [openImageStore(scratchFolder(t)), scratchFolder(t)];
	await putImages(store);
	const manifest = (await store.find('slipway/a:v1'))?.manifest;
	if (manifest === undefined) throw new Error('not there');
	const here = {
		mediaType: manifest.mediaType,
		digest: manifest.digest,
		size: manifest.size,
		platform: hostPlatform,
	};
	const absent = { ...here, digest: `sha256:${'0'.repeat(64)}`, platform: { architecture: 'x', os: 'x' } };
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [absent, here] };
	const top = await store.writeBlob(bytesOf(Buffer.from(JSON.stringify(index))), mediaTypes.index);
	await store.tag('multi', top);
	const tar = join(folder, 'multi.tar');
	await runCommand(cacheExportCommand, '--cache', store.folder, '--output', tar, 'multi');
	const target = openImageStore(scratchFolder(t));
	await importImages(tar, target);
	t.deepEqual(await filesOf(target, 'multi'), ['own', 'shared']);
});

test('slipway cache export: unknown references and wrong usage', async (t) => {
	const folder = scratchFolder(t);
	await t.throwsAsync(runCommand(cacheExportCommand, '--cache', folder, 'x', 'y'), {
		code: 'NO_IMAGE',
		message: /has no docker\.io\/library\/x:latest, docker\.io\/library\/y:latest/,
	});
	await t.throwsAsync(runCommand(cacheExportCommand), { name: 'UsageError', message: /needs a REFERENCE/ });
	await t.throwsAsync(runCommand(cacheExportCommand, '--format', 'x', 'a'), { name: 'UsageError' });
});
