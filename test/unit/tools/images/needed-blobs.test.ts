import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import { neededBlobs } from '../../../../tools/images/needed-blobs.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, putTestImage } from '../../../helpers/tar.ts';

test('neededBlobs() walks an index whose platforms are not all in the store', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'a', [{ name: 'app', body: 'a' }]);
	const image = await store.find('a');
	if (image === null) throw new Error('not there');
	const absent = { ...image.manifest, digest: `sha256:${'0'.repeat(64)}` };
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [absent, image.manifest] };
	const top = await store.writeBlob(bytesOf(Buffer.from(JSON.stringify(index))), mediaTypes.index);
	await store.tag('multi', top);
	await store.untag(['a']);
	const { digests, configs } = await neededBlobs(store.folder, store.blobs);
	t.is(configs.length, 1);
	t.deepEqual(
		new Set(digests),
		new Set(
			[top, absent, image.manifest, ...configs, ...image.layers].map((descriptor) => descriptor.digest),
		),
	);
});

test('neededBlobs() keeps entries of index.json without a reference', async (t) => {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'a', [{ name: 'app', body: 'a' }]);
	const manifest = (await store.find('a'))?.manifest;
	const { annotations: _, ...unnamed } = { annotations: {}, ...manifest };
	writeFileSync(join(store.folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [unnamed] }));
	t.is((await neededBlobs(store.folder, store.blobs)).digests.size, 3);
});
