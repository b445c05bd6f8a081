import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { importImages } from '../../../tools/image/import.ts';
import { openImageStore } from '../../../tools/image/store.ts';
import { imageEntries } from '../../../tools/rootfs/image-entries.ts';
import { runProgram } from '../../helpers/program.ts';
import { scratchFolder } from '../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../helpers/tar.ts';

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
	await t.throwsAsync(importImages(tar, store), { code: 'PATH_ESCAPE' });
	t.deepEqual(readdirSync(folder).sort(), ['evil.tar', 'store']);
	t.deepEqual(readdirSync(join(folder, 'store')), []);
});

test('importImages() does not follow a link in a tar: symlinked blobs', async (t) => {
	const folder = scratchFolder(t);
	const tar = join(folder, 'evil.tar');
	writeFileSync(
		tar,
		await makeTar([
			{ name: 'blobs', type: 'symlink', linkname: folder },
			{ name: 'blobs/evil', body: 'x' },
		]),
	);
	await t.throwsAsync(importImages(tar, openImageStore(join(folder, 'store'))), { code: 'NO_IMAGE' });
	t.deepEqual(readdirSync(folder).sort(), ['evil.tar', 'store']);
});

test('importImages() says what a folder or file without images lacks', async (t) => {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'empty'));
	writeFileSync(join(folder, 'text'), 'no tar at all, but long enough to be looked at '.repeat(40));
	const store = openImageStore(join(folder, 'store'));
	await t.throwsAsync(importImages(join(folder, 'empty'), store), { message: /neither oci-layout/ });
	await t.throwsAsync(importImages(join(folder, 'text'), store), { code: 'BAD_TAR' });
});
