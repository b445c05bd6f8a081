// The versions by which cached results are found again. A result of an older slipway stays in the store, so a change of the
// code that makes it needs a new version; otherwise builds with a full cache and with an empty one differ. There are five:
//
//   formatVersion   tools/archive/compress-archive.ts  how entries become a compressed archive, and the notes beside it
//   partVersion     tools/archive/squashfs/make-part.ts how entries become a part of a root image
//   packVersion     tools/output/pack-start-pages.ts   how the pages of a program that a boot touches are packed
//   segmentVersion  tools/system/segment.ts            how an image, a kernel's modules or an OCI layout become entries
//   builderVersion  tools/package/recipe-inputs.ts     how a recipe becomes an image
//
// Each test makes a result of a small fixed input and compares its digest with the one that is recorded for the version. When
// one fails, either the change was not meant to alter results: mend it; or it was: bump the version, and record the new
// version and digest here. The executables of this repository need no version: tools/build/single-executable.ts
// digests all their inputs.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { archiveFormat } from '../../../../tools/archive/compress-archive.ts';
import { openCompressors, partBytes } from '../../../../tools/archive/compressors.ts';
import { cpioArchive } from '../../../../tools/archive/cpio.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { partFormat } from '../../../../tools/archive/squashfs/make-part.ts';
import { openPart } from '../../../../tools/archive/squashfs/part.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { packPages } from '../../../../tools/elf/pack-pages.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { packVersion } from '../../../../tools/output/pack-start-pages.ts';
import { rootSettings } from '../../../../tools/output/root-settings.ts';
import { openSegmentCache, partPacker } from '../../../../tools/output/segment-cache.ts';
import { builderVersion } from '../../../../tools/package/recipe-inputs.ts';
import { type KeyedSegment, segmentVersion } from '../../../../tools/system/segment.ts';
import { systemTree } from '../../../../tools/system/system-tree.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { smallElf } from '../../../helpers/small-elf.ts';
import { bytesOf, makeTar, putTestImage } from '../../../helpers/tar.ts';
import { buildImage, madeUpSource } from '../package/made-up-debian.ts';

const recorded = {
	formatVersion: {
		version: 'cpio 8, zstd 3 23, parts of 8388608',
		digest: '8bd6ed3801eac479b8f02996ce06bd61102b2af4c586732437c8e23506b69439',
	},
	partVersion: {
		version: 'squashfs 3 lz4 9 65536',
		digest: '858fc04588c3aaf5b7cd0dfca04e24ea182ff5b1908632465259f73b353f3f6c',
	},
	packVersion: {
		version: 1,
		digest: '613b269741c07f31977fa1570268fb24c1e1d923d98c47682c39320e8066f5fb',
	},
	segmentVersion: { version: 2, digest: 'a3d2c6c7fb1f8bf2522db2bf0dbb84869959d70623127842ee20585266b24666' },
	builderVersion: { version: 4, digest: '246d3dd322c165463bcb3849970434cd42243f014aa8bdf1719a209ec196c9d3' },
};

function check(t: ExecutionContext, name: keyof typeof recorded, version: string | number, digest: string) {
	const expected = recorded[name];
	if (version === expected.version) {
		t.is(digest, expected.digest, `Results have changed: bump ${name}, and record version and digest here.`);
	} else t.deepEqual({ version, digest }, expected, `Record the new version and digest of ${name} here.`);
}

function smallSegment(): KeyedSegment {
	const common = { uid: 1, gid: 2, mtimeSeconds: 3, mode: 0o755 };
	const file = (path: string, bytes: Buffer): Entry => {
		return { ...common, kind: 'file', path, sizeBytes: bytes.length, content: () => bytesOf(bytes) };
	};
	const small = file('d/small', Buffer.from('text '.repeat(1000)));
	const link = { ...common, kind: 'hardlink', path: 'd/same', target: 'd/small' } as const;
	const xattrs = new Map([['security.capability', Buffer.from('x')]]);
	const entries = async function* (): AsyncGenerator<Entry, void> {
		yield { ...common, kind: 'directory', path: 'd' };
		yield { ...small, kind: 'file', xattrs, links: [link] } as Entry;
		yield link;
		yield { ...common, kind: 'symlink', path: 'd/link', target: 'small' };
		yield file('large', Buffer.alloc(partBytes + 1, 'abc'));
	};
	return { key: 'key', name: 'a', sizeHintBytes: 0, entries };
}

test('formatVersion changes with the bytes of an archive', async (t) => {
	const cache = openSegmentCache(scratchFolder(t), new Set());
	const { path } = await cache.pack(smallSegment());
	const hash = createHash('sha256').update(readFileSync(path));
	hash.update(readFileSync(path.replace(/\.cpio\.zst$/, '.json')));
	check(t, 'formatVersion', archiveFormat(openCompressors()), hash.digest('hex'));
});

test('partVersion changes with the tree of a part and the order of its bytes', async (t) => {
	const settings = rootSettings.fast;
	const cache = openSegmentCache(scratchFolder(t), new Set());
	const { path } = await cache.pack(smallSegment(), partPacker(settings));
	// The compressed bytes depend on liblz4; their number does not matter here.
	const { root, fragments, blockBytes } = await openPart(path, 0, 'part');
	const plain = (key: string, value: unknown): unknown => {
		if (value instanceof Map) return [...value];
		return ['blockSizes', 'start', 'fragmentOffset'].includes(key) ? null : value;
	};
	const text = JSON.stringify([root, fragments.length, blockBytes], plain);
	check(t, 'partVersion', partFormat(settings), createHash('sha256').update(text).digest('hex'));
});

test('packVersion changes with the bytes of a packed program', (t) => {
	const program = smallElf();
	const tail = packPages(program, [{ address: 0x401000, pages: 5 }]);
	const hash = createHash('sha256').update(program);
	for (const bytes of tail) hash.update(bytes);
	check(t, 'packVersion', packVersion, hash.digest('hex'));
});

const yaml = `kernel: { image: "t/kernel:v1" }
init: ["t/app:v1"]
volumes:
  - { name: tree, image: "t/app:v1" }
  - { name: layout, image: "t/app:v1", format: oci }
services:
  - { name: app, image: "t/app:v1" }
`;

test('segmentVersion changes with the entries of a segment', async (t) => {
	const store = openImageStore(scratchFolder(t));
	const modules = await makeTar([{ name: 'lib/modules/a.ko', body: 'module' }]);
	await putTestImage(store, 't/kernel:v1', [{ name: 'kernel.tar', body: modules as unknown as string }]);
	await putTestImage(store, 't/app:v1', [
		{ name: 'app', body: 'app', mode: 0o4755, uid: 5, gid: 6 },
		{ name: 'bin/', type: 'directory', mode: 0o700 },
		{ name: 'bin/app', type: 'link', linkname: 'app' },
		{ name: 'sbin', type: 'symlink', linkname: 'bin' },
		{ name: 'etc/hosts', body: 'of the image' },
		{ name: '.dockerenv', body: '' },
	]);
	const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text: yaml }]), store);
	const hash = createHash('sha256');
	let count = 0;
	for (const segment of systemTree(plan, store.blobs)) {
		if (segment.key === null) continue;
		count++;
		for await (const bytes of cpioArchive(segment.entries([]))) hash.update(bytes);
	}
	t.is(count, 5);
	check(t, 'segmentVersion', segmentVersion, hash.digest('hex'));
});

test('builderVersion changes with the image that a recipe gives', async (t) => {
	const members = [
		{ name: 'usr/bin/', type: 'directory' as const },
		{ name: 'usr/bin/tool', body: 'tool', mode: 0o2755, gid: 8 },
		{ name: 'etc/one.conf', body: 'one' },
		{ name: 'etc/two.conf', body: 'two' },
	];
	const recipe = `command: [/usr/bin/tool]
workdir: /srv
config: { capabilities: [all] }
debian:
  - { package: tools, take: [/usr/bin/tool], join: [{ from: "/etc/*.conf", to: etc/all.conf }] }
copy: [{ from: files, to: /srv }]
directories: [{ path: tmp, mode: "1777" }]
links: [{ path: bin, target: usr/bin }]
files: [{ path: etc/motd, contents: hello }]
applets: [/usr/bin/sysctl]
`;
	const source = await madeUpSource(t, { name: 'tools', members });
	const { store } = await buildImage(t, recipe, source, { 'files/a': 'a' });
	const image = await store.find('slipway/x:v1');
	// The hash of the inputs holds the version; the compressed layer also depends on zlib.
	const { Labels: { 'org.slipway.inputs': _, ...labels } = {}, ...defaults } = image?.config.config ?? {};
	const result = JSON.stringify([image?.config.diffIds, labels, defaults]);
	check(t, 'builderVersion', builderVersion, createHash('sha256').update(result).digest('hex'));
});
