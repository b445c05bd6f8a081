import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type Descriptor, mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { importImages } from '../../../../tools/images/import.ts';
import { hostPlatform, openImageStore } from '../../../../tools/images/store.ts';
import { imageEntries } from '../../../../tools/system/image-entries.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { digestOf, type Member, makeTar, putTestImage } from '../../../helpers/tar.ts';

const reference = 'docker.io/slipway/a:v1';

/** An image exported by skopeo, another's hand. */
async function exported(t: ExecutionContext, format: string): Promise<string> {
	const source = scratchFolder(t);
	await putTestImage(openImageStore(source), reference, [{ name: 'app', body: 'hello', mode: 0o755 }]);
	const target = join(scratchFolder(t), 'image');
	const copied = await runProgram('skopeo', [
		'copy',
		`oci:${source}:${reference}`,
		`${format}:${target}:${reference}`,
	]);
	if (copied.exitCode !== 0) throw new Error(copied.stderr);
	return target;
}

for (const format of ['oci', 'oci-archive', 'docker-archive']) {
	test(`importImages() takes what skopeo wrote as ${format}`, async (t) => {
		const store = openImageStore(scratchFolder(t));
		t.deepEqual(await importImages(await exported(t, format), store), [reference]);
		const image = await store.find(reference);
		if (image === null) throw new Error('not there');
		const paths: string[] = [];
		for await (const entry of imageEntries(store.blobs, image)) paths.push(`${entry.kind} ${entry.path}`);
		t.deepEqual(paths, ['file app']);
	});
}

for (const [name, compress] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync })) {
	test(`importImages() takes an archive compressed by ${name}`, async (t) => {
		const archive = await exported(t, 'docker-archive');
		writeFileSync(archive, compress(readFileSync(archive)));
		t.deepEqual(await importImages(archive, openImageStore(scratchFolder(t))), [reference]);
	});
}

test('importImages() reports that there is no such file', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(importImages('nowhere.tar', store), {
		message: 'nowhere.tar: there is no such file or folder.',
	});
});

test('importImages() says of a text what it is, and what it takes', async (t) => {
	const yaml = join(scratchFolder(t), 'web.yml');
	writeFileSync(yaml, 'kernel: {}\n');
	await t.throwsAsync(importImages(yaml, openImageStore(scratchFolder(t))), {
		code: 'BAD_IMAGE',
		message: `${yaml} is no tar archive: it is a text. Expected is a tar of an OCI layout, or what docker save writes.`,
	});
});

test('importImages() refuses a layout whose blob was changed: digest mismatch', async (t) => {
	const layout = await exported(t, 'oci');
	const blobs = join(layout, 'blobs', 'sha256');
	for (const name of readdirSync(blobs)) writeFileSync(join(blobs, name), 'changed');
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(importImages(layout, store), { code: 'DIGEST_MISMATCH' });
	t.deepEqual(await store.list(), []);
});

test('importImages() refuses a tar with a path that leads out: path escape', async (t) => {
	const folder = scratchFolder(t);
	const tar = join(folder, 'evil.tar');
	writeFileSync(tar, await makeTar([{ name: '../../evil', body: 'x' }]));
	const store = openImageStore(join(folder, 'store'));
	await t.throwsAsync(importImages(tar, store), { code: 'BAD_IMAGE' });
	t.deepEqual(readdirSync(folder).sort(), ['evil.tar', 'store']);
	t.deepEqual(readdirSync(join(folder, 'store')), []);
});

/** What a hostile archive must not do: change or read anything outside of the store's folder. */
const refusesArchive = test.macro({
	async exec(t, members: readonly Member[], code: string, message: RegExp) {
		const folder = scratchFolder(t);
		const tar = join(folder, 'evil.tar');
		writeFileSync(join(folder, 'secret'), 'secret');
		writeFileSync(tar, await makeTar(members));
		const store = openImageStore(join(folder, 'store'));
		const error = await t.throwsAsync(importImages(tar, store), { code, message });
		t.true(error?.message.startsWith(`${tar}`), error?.message);
		t.deepEqual(readdirSync(folder).sort(), ['evil.tar', 'secret', 'store']);
		t.is(readFileSync(join(folder, 'secret'), 'utf8'), 'secret');
		t.deepEqual(readdirSync(join(folder, 'store')), []);
	},
	title: (name = '') => `importImages() refuses an archive with ${name}`,
});

const layoutFile: Member = { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' };
const secret = digestOf(Buffer.from('secret'));
const ofSecret = { mediaType: mediaTypes.manifest, digest: secret, size: 6 };
const namesSecret = JSON.stringify({
	manifests: [{ ...ofSecret, annotations: { 'org.opencontainers.image.ref.name': 'a' } }],
});
const blob = `blobs/sha256/${secret.slice('sha256:'.length)}`;

test(
	'an absolute name (taken inside) and ..',
	refusesArchive,
	[
		{ name: '/etc/evil', body: 'x' },
		{ name: 'a/../../evil', body: 'x' },
	],
	'BAD_IMAGE',
	/"a\/..\/..\/evil"/,
);
test(
	'a folder that is a link',
	refusesArchive,
	[
		{ name: 'blobs', type: 'symlink', linkname: '..' },
		{ name: 'blobs/evil', body: 'x' },
	],
	'BAD_IMAGE',
	/the link blobs/,
);
test(
	'a blob that is an absolute link',
	refusesArchive,
	[
		layoutFile,
		{ name: 'index.json', body: namesSecret },
		{ name: blob, type: 'symlink', linkname: '/etc/passwd' },
	],
	'BAD_IMAGE',
	/is a link to \/etc\/passwd/,
);
test(
	'a blob that is a link out of the archive',
	refusesArchive,
	[
		layoutFile,
		{ name: 'index.json', body: namesSecret },
		{ name: blob, type: 'symlink', linkname: '../../../../../secret' },
	],
	'BAD_IMAGE',
	/the link blobs/,
);
test(
	'an index.json that is a link out of the archive',
	refusesArchive,
	[layoutFile, { name: 'index.json', type: 'symlink', linkname: '../../secret' }],
	'BAD_IMAGE',
	/the link index.json/,
);
test(
	'a hard link out of the archive',
	refusesArchive,
	[layoutFile, { name: 'index.json', type: 'link', linkname: '../secret' }],
	'BAD_IMAGE',
	/the link index.json/,
);
test(
	'a hard link to no file',
	refusesArchive,
	[{ name: 'a', type: 'link', linkname: '/etc/passwd' }],
	'BAD_IMAGE',
	/a is a link to \/etc\/passwd, which is no file/,
);
test(
	'a link to a folder',
	refusesArchive,
	[
		{ name: 'b/c', body: 'x' },
		{ name: 'a', type: 'symlink', linkname: 'b' },
	],
	'BAD_IMAGE',
	/a is a link to b, which is no file/,
);
test(
	'a device',
	refusesArchive,
	[{ name: 'index.json', type: 'character-device', devmajor: 1, devminor: 5 }],
	'BAD_IMAGE',
	/index.json is a character/,
);
test('a pipe', refusesArchive, [{ name: 'index.json', type: 'fifo' }], 'BAD_IMAGE', /is a fifo/);
test(
	'a file in a file',
	refusesArchive,
	[
		{ name: 'a', body: 'x' },
		{ name: 'a/b', body: 'x' },
	],
	'BAD_IMAGE',
	/a\/b stands in a file/,
);
test(
	'a huge index.json',
	refusesArchive,
	[layoutFile, { name: 'index.json', body: `[${' '.repeat(5 << 20)}]` }],
	'BAD_IMAGE',
	/index.json that is too large/,
);
test(
	'an index.json of brackets',
	refusesArchive,
	[layoutFile, { name: 'index.json', body: '['.repeat(1 << 20) }],
	'BAD_IMAGE',
	/index.json that is not JSON/,
);
test('no index.json', refusesArchive, [layoutFile], 'BAD_IMAGE', /lacks the file index.json/);
test(
	'a digest that is a path',
	refusesArchive,
	[layoutFile, { name: 'index.json', body: namesSecret.replace(secret, 'sha256:../../../secret') }],
	'BAD_IMAGE',
	/.*/,
);
test(
	'a docker save whose layer is a path that leads out',
	refusesArchive,
	[
		{ name: 'c.json', body: `{"rootfs":{"diff_ids":["${secret}"]}}` },
		{ name: 'manifest.json', body: '[{"Config":"c.json","RepoTags":["a"],"Layers":["../../secret"]}]' },
	],
	'BAD_IMAGE',
	/manifest.json has the path/,
);
test(
	'a docker save whose configuration is a path that leads out',
	refusesArchive,
	[{ name: 'manifest.json', body: '[{"Config":"../../secret","RepoTags":["a"],"Layers":[]}]' }],
	'BAD_IMAGE',
	/has the path "..\/..\/secret"/,
);

test('importImages() refuses a layout with a pipe in place of a blob', async (t) => {
	const layout = await exported(t, 'oci');
	const blobs = join(layout, 'blobs', 'sha256');
	for (const name of readdirSync(blobs)) {
		rmSync(join(blobs, name));
		t.is((await runProgram('mkfifo', [join(blobs, name)])).exitCode, 0);
	}
	await t.throwsAsync(importImages(layout, openImageStore(scratchFolder(t))), { code: 'BLOB_MISSING' });
});

test('importImages() accepts an archive in which GNU tar made equal files hard links', async (t) => {
	const layout = await exported(t, 'oci');
	const make =
		'for f in blobs/sha256/*; do ln "$f" "z-$(basename "$f")"; done; tar --sort=name -cf ../linked.tar z* *';
	const made = await runProgram('sh', ['-ec', make], { cwd: layout });
	t.is(made.exitCode, 0, made.stderr);
	const store = openImageStore(scratchFolder(t));
	t.deepEqual(await importImages(join(layout, '../linked.tar'), store), [reference]);
});

/** An archive as older versions of Docker write it, two images that share a layer. */
async function dockerSave(layerFile: string, layer: Buffer, diffId: string): Promise<Buffer> {
	const config = JSON.stringify({
		architecture: hostPlatform.architecture,
		os: 'linux',
		config: {},
		rootfs: { type: 'layers', diff_ids: [diffId] },
	});
	const image = (name: string) => ({ Config: 'c.json', RepoTags: [name], Layers: [`${name}/layer.tar`] });
	return await makeTar([
		{ name: `a/${layerFile}`, body: layer as unknown as string },
		{ name: 'b/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
		{ name: 'c.json', body: config },
		{ name: 'manifest.json', body: JSON.stringify([image('a'), image('b')]) },
	]);
}

async function importTar(t: ExecutionContext, tar: Buffer) {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'saved.tar'), tar);
	const store = openImageStore(join(folder, 'store'));
	return { store, added: await importImages(join(folder, 'saved.tar'), store) };
}

for (const compression of ['none', 'gzip', 'zstd']) {
	test(`importImages() takes an older docker save with a link between its layers, compression ${compression}`, async (t) => {
		const plain = await makeTar([{ name: 'app', body: 'hello' }]);
		const layer =
			compression === 'none' ? plain : compression === 'gzip' ? gzipSync(plain) : zstdCompressSync(plain);
		const { store, added } = await importTar(t, await dockerSave('layer.tar', layer, digestOf(plain)));
		t.deepEqual(added, ['docker.io/library/a:latest', 'docker.io/library/b:latest']);
		const image = await store.find('b');
		if (image === null) throw new Error('not there');
		const paths: string[] = [];
		for await (const entry of imageEntries(store.blobs, image)) paths.push(`${entry.kind} ${entry.path}`);
		t.deepEqual(paths, ['file app']);
	});

	test(`importImages() refuses a layer that is not its diffID, compression ${compression}: digest mismatch`, async (t) => {
		const plain = await makeTar([{ name: 'app', body: 'hello' }]);
		const layer =
			compression === 'none' ? plain : compression === 'gzip' ? gzipSync(plain) : zstdCompressSync(plain);
		const tar = await dockerSave('layer.tar', layer, digestOf(Buffer.from('other')));
		await t.throwsAsync(importTar(t, tar), { code: 'DIGEST_MISMATCH' });
	});
}

test('importImages() names the layer that a docker save lacks', async (t) => {
	const tar = await dockerSave('other.tar', Buffer.from('x'), digestOf(Buffer.from('x')));
	await t.throwsAsync(importTar(t, tar), { code: 'BAD_IMAGE', message: /a\/layer\.tar/ });
});

test('importImages() accepts an index that names more platforms than the archive has', async (t) => {
	const layout = await exported(t, 'oci');
	const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
	const [manifest] = index.manifests;
	if (manifest === undefined) throw new Error('no manifest');
	const { annotations: _, ...here } = manifest;
	const absent = {
		...here,
		digest: `sha256:${'0'.repeat(64)}`,
		platform: { architecture: 'ppc64le', os: 'linux' },
	};
	const text = JSON.stringify({
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests: [absent, { ...here, platform: hostPlatform }],
	});
	const digest = digestOf(Buffer.from(text));
	writeFileSync(join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length)), text);
	const annotations = { 'org.opencontainers.image.ref.name': reference };
	const top = { mediaType: mediaTypes.index, digest, size: text.length, annotations };
	writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
	const store = openImageStore(scratchFolder(t));
	t.deepEqual(await importImages(layout, store), [reference]);
	t.is((await store.find(reference))?.manifest.digest, manifest.digest);
	t.is(await store.find(reference, { architecture: 'ppc64le', os: 'linux' }), null);
	t.is(await store.find(reference, { architecture: 's390x', os: 'linux' }), null);
	t.true(await store.has(reference));
});

test('importImages() names what a directory or file without images lacks', async (t) => {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'empty'));
	writeFileSync(join(folder, 'text'), 'no tar at all, but long enough to be looked at '.repeat(40));
	const store = openImageStore(join(folder, 'store'));
	await t.throwsAsync(importImages(join(folder, 'empty'), store), { message: /neither oci-layout/ });
	await t.throwsAsync(importImages(join(folder, 'text'), store), { code: 'BAD_IMAGE' });
});

/** An OCI layout as crane, ko and kaniko write it: its index has no names. */
async function unnamed(t: ExecutionContext, copies = 1): Promise<string> {
	const layout = scratchFolder(t);
	await putTestImage(openImageStore(layout), reference, [{ name: 'app', body: 'hello' }]);
	const path = join(layout, 'index.json');
	const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: Descriptor[] };
	const { annotations: _, ...bare } = index.manifests[0] as Descriptor;
	writeFileSync(path, JSON.stringify({ ...index, manifests: Array.from({ length: copies }, () => bare) }));
	return layout;
}

test('importImages() gives an image without a name the name that it is told', async (t) => {
	const store = openImageStore(scratchFolder(t));
	t.deepEqual(await importImages(await unnamed(t), store, { name: 'slipway/a:v1' }), [reference]);
	t.not(await store.find(reference), null);
});

test('importImages() says how to name an image without a name, and does not name two alike', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await t.throwsAsync(importImages(await unnamed(t), store), { code: 'NO_IMAGE', message: /--name NAME/ });
	await t.throwsAsync(importImages(await unnamed(t, 2), store, { name: 'a' }), {
		code: 'BAD_INPUT',
		message: /several images without a name/,
	});
});

const bombs: Readonly<Record<string, () => Promise<Buffer>>> = {
	'a sparse file': async () =>
		await makeTar([
			{ name: 'sparse', body: 'x', pax: { 'GNU.sparse.size': '4000000000000', 'GNU.sparse.map': '0,1' } },
		]),
	'a gzip bomb': async () => gzipSync(await makeTar([{ name: 'zeros', body: Buffer.alloc(2 ** 22) }])),
	'a zstd bomb of many empty files': async () =>
		zstdCompressSync(await makeTar(Array.from({ length: 4000 }, (_, index) => ({ name: `f${index}` })))),
};

for (const [bomb, make] of Object.entries(bombs)) {
	test(`importImages() refuses ${bomb} and leaves nothing`, async (t) => {
		const folder = scratchFolder(t);
		const archive = join(folder, 'bomb.tar');
		writeFileSync(archive, await make());
		const store = openImageStore(join(folder, 'store'), new Set(), 2 ** 20);
		await t.throwsAsync(importImages(archive, store), {
			code: 'BAD_IMAGE',
			message: `${archive} unpacks to more than 1.0 MB. If it is to be so large: slipway cache import --max-unpacked SIZE.`,
		});
		t.deepEqual(readdirSync(store.folder), []);
	});
}
