// Volumes in the tree as LinuxKit lays them out (its moby/build/build.go): checked entry by entry.

import test, { type ExecutionContext } from 'ava';
import { mediaTypes, type Platform } from '../../../../supervisor/image/descriptor.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { treeInOneStream } from '../../../../tools/system/boot-entries.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar, putTestImage } from '../../../helpers/tar.ts';

/** An index of three platforms, of which the first two have a layer, and an attestation. */
async function makeStore(t: ExecutionContext) {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'one:v1', [{ name: 'data', body: 'x' }]);
	const manifests = [];
	for (const architecture of ['amd64', 'arm64', 's390x']) {
		const tar = await makeTar([{ name: 'app', body: architecture }]);
		const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
		const platform: Platform = { architecture, os: 'linux' };
		manifests.push(
			await store.putImage(`of-${architecture}:v1`, {
				config: { ...platform, config: {} },
				layers: [{ descriptor, diffId: digestOf(tar) }],
			}),
		);
	}
	const [first] = manifests;
	if (first === undefined) throw new Error('no manifest');
	const attestation = { ...first, platform: { architecture: 'unknown', os: 'unknown' } };
	const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...manifests, attestation] };
	const bytes = Buffer.from(JSON.stringify(index));
	const top = await store.writeBlob(bytesOf(bytes), mediaTypes.index);
	await store.tag('many:v1', top);
	return { store, manifests, top };
}

async function entriesOf(volumes: string, { store }: Store): Promise<Entry[]> {
	const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text: `volumes: ${volumes}\n` }]), store);
	const entries: Entry[] = [];
	for await (const entry of treeInOneStream(plan, store.blobs)) {
		if (entry.kind === 'file' && entry.path.endsWith('.json')) {
			const parts: Uint8Array[] = [];
			for await (const part of entry.content()) parts.push(part);
			entries.push({ ...entry, content: () => bytesOf(...parts) });
		} else entries.push(entry);
	}
	return entries;
}

type Store = Awaited<ReturnType<typeof makeStore>>;

const paths = (entries: readonly Entry[]): string[] =>
	entries.map(({ kind, path }) => (kind === 'directory' ? `${path}/` : path));

const above = ['containers/', 'containers/volumes/', 'containers/volumes/v/', 'containers/volumes/v/lower/'];

test('volumeSegments() of a blank volume: empty folders', async (t) => {
	const entries = await entriesOf('[{name: v}]', await makeStore(t));
	t.deepEqual(paths(entries), [...above, 'containers/volumes/v/tmp/', 'containers/volumes/v/merged/']);
	for (const entry of entries) t.like(entry, { mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 1492533000 });
});

test('volumeSegments() of a read-only volume: with tmp, which LinuxKit’s init needs, and a mark for ours', async (t) => {
	t.deepEqual(paths(await entriesOf('[{name: v, readonly: true}]', await makeStore(t))), [
		...above,
		'containers/volumes/v/tmp/',
		'containers/volumes/v/readonly',
		'containers/volumes/v/merged/',
	]);
});

test('volumeSegments() of an image: its tree, with what every tree gets', async (t) => {
	const found = paths(await entriesOf('[{name: v, image: "one:v1"}]', await makeStore(t)));
	t.deepEqual(found.slice(0, 5), [...above, 'containers/volumes/v/lower/data']);
	t.true(found.includes('containers/volumes/v/lower/etc/hosts'));
	t.deepEqual(found.slice(-2), ['containers/volumes/v/tmp/', 'containers/volumes/v/merged/']);
});

async function layoutOf(t: ExecutionContext, keys: string) {
	const made = await makeStore(t);
	const entries = await entriesOf(`[{name: v, image: "many:v1", format: oci${keys}}]`, made);
	const lower = 'containers/volumes/v/lower/';
	const index = entries.find(({ path }) => path === `${lower}index.json`);
	if (index?.kind !== 'file') throw new Error('no index.json');
	const parts: Uint8Array[] = [];
	for await (const part of index.content()) parts.push(part);
	const { manifests } = JSON.parse(Buffer.concat(parts).toString()) as {
		manifests: { mediaType: string; digest: string; annotations: Record<string, string> }[];
	};
	const blobs = entries.filter(({ path }) => path.startsWith(`${lower}blobs/sha256/`) && !path.endsWith('/'));
	const count = blobs.filter(({ kind }) => kind === 'file').length;
	return { manifests, blobs: count, found: paths(entries), top: made.top };
}

test('volumeSegments() of an OCI layout: all platforms, and only those, unless some are named', async (t) => {
	const all = await layoutOf(t, '');
	t.true(all.found.includes('containers/volumes/v/lower/oci-layout'));
	t.like(all.manifests[0], { mediaType: mediaTypes.index });
	t.is(all.manifests[0]?.annotations['org.opencontainers.image.ref.name'], 'docker.io/library/many:v1');
	t.is(all.blobs, 1 + 3 * 3, 'an index, and a manifest, a configuration and a layer of each');
	const one = await layoutOf(t, ', platforms: [linux/arm64]');
	t.is(one.blobs, 1 + 3);
	for (const { manifests, found, top } of [all, one]) {
		t.like(manifests, [{ digest: top.digest }], 'the index is the original one');
		t.true(found.includes(`containers/volumes/v/lower/blobs/sha256/${top.digest.slice(7)}`));
	}
	t.is((await layoutOf(t, ', platforms: [linux/arm64, linux/amd64]')).blobs, 1 + 6);
});

test('volumeLayout() says which platform is missing', async (t) => {
	await t.throwsAsync(layoutOf(t, ', platforms: [linux/riscv64]'), {
		code: 'NO_PLATFORM',
		message: /a\.yml:1:11: .*many:v1.*linux\/riscv64/,
	});
});
