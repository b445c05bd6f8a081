// An archive of images that is imported into a store: OCI layout and docker save. Nothing is written beside the store.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importImages } from '../../../tools/images/import.ts';
import { openImageStore } from '../../../tools/images/store.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';
import { file, header, tar, tarWords, withChecksums } from '../support/tar-blocks.ts';

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [] } });
const manifest = JSON.stringify({
	schemaVersion: 2,
	config: { mediaType: 'c', digest: `sha256:${hexOf(config)}`, size: config.length },
	layers: [],
});
const index = JSON.stringify({
	manifests: [
		{
			mediaType: 'application/vnd.oci.image.manifest.v1+json',
			digest: `sha256:${hexOf(manifest)}`,
			size: manifest.length,
			annotations: { 'org.opencontainers.image.ref.name': 'a/b:c' },
		},
	],
});
const save = JSON.stringify([{ Config: 'c.json', RepoTags: ['a:b'], Layers: ['l/layer.tar'] }]);

let folder = '';

export const target: FuzzTarget = {
	seeds: [
		tar(
			file('oci-layout', '{}'),
			file('index.json', index),
			file(`blobs/sha256/${hexOf(config)}`, config),
			file(`blobs/sha256/${hexOf(manifest)}`, manifest),
		),
		tar(
			file('manifest.json', save),
			file('c.json', config.replace('[]', `["sha256:${hexOf('x')}"]`)),
			file('l/layer.tar', 'x'),
			header({ name: 'm/layer.tar', type: '2', linkname: '../l/layer.tar' }),
		),
	],
	words: [
		...tarWords,
		...jsonWords,
		'oci-layout',
		'index.json',
		'manifest.json',
		'blobs/sha256/',
		'layer.tar',
	],
	repair: withChecksums,
	declares: isForUser,
	async run(input) {
		const store = freshStore(input);
		const failure = await importImages(join(folder, 'in.tar'), store).then(
			() => null,
			(error: unknown) => error,
		);
		const beside = readdirSync(folder).sort().join();
		const left = readdirSync(join(folder, 'store')).filter((name) => name.startsWith('.'));
		if (beside !== 'in.tar,store') throw new Violation(`beside the store: ${beside}`);
		if (left.length > 0) throw new Violation(`left in the store: ${left}`);
		if (failure !== null) throw failure;
	},
};

function freshStore(archive: Buffer) {
	if (folder === '') {
		folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-'));
		process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	}
	for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
	mkdirSync(join(folder, 'store'));
	writeFileSync(join(folder, 'in.tar'), archive);
	return openImageStore(join(folder, 'store'));
}
