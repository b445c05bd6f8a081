// Layers made by GNU tar, flattened by us and unpacked by `umoci unpack`: the same tree, down to owners, modes, times
// and which names are one file. umoci works as root in a folder of its own.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Descriptor, mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { importImages } from '../../../../tools/images/import.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { imageEntries } from '../../../../tools/system/image-entries.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf } from '../../../helpers/tar.ts';

/** By path: what the entry is, and for files with several names the first of them. */
type Tree = Record<string, string>;

/** `pack` writes the layer, its members in the order of its arguments and nothing besides. */
const prelude = `
	umask 022
	pack() { tar --no-recursion --numeric-owner --mtime=@1492533000 -cf layer.tar "$@"; }
`;

async function layerOf(t: ExecutionContext, script: string): Promise<Buffer> {
	const folder = scratchFolder(t);
	const made = await runProgram('bash', ['--norc', '-ec', prelude + script], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	return readFileSync(join(folder, 'layer.tar'));
}

async function ours(folder: string): Promise<Tree> {
	const store = openImageStore(folder);
	const image = await store.find('test');
	if (image === null) throw new Error('no image');
	const tree: Tree = {};
	for await (const entry of imageEntries(store.blobs, image)) {
		const names = entry.kind === 'file' ? [entry, ...(entry.links ?? [])].map(({ path }) => path).sort() : [];
		if (entry.kind === 'hardlink') continue;
		const text = await describe(entry);
		for (const path of names.length === 0 ? [entry.path] : names)
			tree[path] = names.length < 2 ? text : `${text} = ${names[0]}`;
	}
	return tree;
}

async function describe(entry: Entry): Promise<string> {
	const common = `${entry.kind} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`;
	switch (entry.kind) {
		case 'file': {
			const hash = createHash('sha256');
			for await (const chunk of entry.content()) hash.update(chunk);
			return `${common} ${entry.mtimeSeconds} ${entry.sizeBytes} ${hash.digest('hex')}`;
		}
		case 'symlink':
			return `symlink ${entry.uid}:${entry.gid} -> ${entry.target}`;
		case 'character':
		case 'block':
			return `${common} ${entry.major * 256 + entry.minor}`;
		default:
			return common;
	}
}

async function umocis(t: ExecutionContext, folder: string): Promise<Tree> {
	const bundle = join(scratchFolder(t), 'bundle');
	const unpacked = await runProgram('umoci', ['unpack', '--image', `${folder}:test`, bundle]);
	if (unpacked.exitCode !== 0) throw new Error(unpacked.stderr);
	const tree: Tree = {};
	const names = new Map<number, string[]>();
	const visit = (path: string): void => {
		for (const name of readdirSync(join(bundle, 'rootfs', path)).sort()) {
			const inner = join(path, name);
			const full = join(bundle, 'rootfs', inner);
			const info = lstatSync(full);
			tree[inner] = describeFile(full, info);
			if (info.nlink > 1 && info.isFile()) names.set(info.ino, [...(names.get(info.ino) ?? []), inner]);
			if (info.isDirectory()) visit(inner);
		}
	};
	visit('');
	for (const group of names.values())
		for (const path of group) tree[path] = `${tree[path]} = ${group.sort()[0]}`;
	return tree;
}

function describeFile(path: string, info: Stats): string {
	const common = `${(info.mode & 0o7777).toString(8)} ${info.uid}:${info.gid}`;
	if (info.isDirectory()) return `directory ${common}`;
	if (info.isSymbolicLink()) return `symlink ${info.uid}:${info.gid} -> ${readlinkSync(path)}`;
	if (info.isFIFO()) return `fifo ${common}`;
	if (info.isCharacterDevice()) return `character ${common} ${info.rdev}`;
	if (info.isBlockDevice()) return `block ${common} ${info.rdev}`;
	const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
	return `file ${common} ${Math.floor(info.mtimeMs / 1000)} ${info.size} ${hash}`;
}

/** An OCI layout with one image, which umoci finds by the bare name. */
async function layoutOf(t: ExecutionContext, scripts: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	const store = openImageStore(folder);
	const layers: { descriptor: Descriptor; diffId: string }[] = [];
	for (const script of scripts) {
		const tar = await layerOf(t, script);
		layers.push({
			descriptor: await store.writeBlob(bytesOf(tar), mediaTypes.layer),
			diffId: digestOf(tar),
		});
	}
	await store.putImage('test', { config: { architecture: 'amd64', os: 'linux', config: {} }, layers });
	return folder;
}

function renameForUmoci(folder: string): void {
	const path = join(folder, 'index.json');
	writeFileSync(path, readFileSync(path, 'utf8').replace('docker.io/library/test:latest', 'test'));
}

const same = test.macro<string[]>({
	async exec(t, ...scripts) {
		const folder = await layoutOf(t, scripts);
		const tree = await ours(folder);
		renameForUmoci(folder);
		t.deepEqual(tree, await umocis(t, folder));
		t.true(Object.keys(tree).length > 0);
	},
	title: (name = '') => `flattenLayers() like umoci: ${name}`,
});

test(
	'kinds, owners, modes, devices',
	same,
	`
	mkdir -m 1777 d && printf x > d/f && chmod 6751 d/f && ln -s ../f d/l && mkfifo d/p && mknod d/c c 1 3 && mknod d/b b 8 1
	chown 12:34 d/f && chown -h 5:6 d/l && chown 7:8 d
	pack d d/f d/l d/p d/c d/b`,
);
test(
	'whiteout before and after what its own layer brings',
	same,
	`mkdir d e && touch d/a e/a && pack d d/a e e/a`,
	`mkdir d e && touch .wh.d .wh.e d/b e/b && pack .wh.d d d/b e e/b`,
);
test(
	'whiteout of a folder that is not empty',
	same,
	`mkdir -p d/e && touch d/a d/e/b keep && pack d d/a d/e d/e/b keep`,
	`touch .wh.d && pack .wh.d`,
);
test(
	'opaque, siblings before and after',
	same,
	`mkdir -p d/e && touch d/a d/e/b && pack d d/a d/e d/e/b`,
	`mkdir -p d/e && touch d/c d/z d/e/n d/.wh..wh..opq && pack d d/c d/e d/e/n d/.wh..wh..opq d/z`,
);
test(
	'a file replaced by a folder and the reverse',
	same,
	`mkdir d && touch f d/a && pack f d d/a`,
	`mkdir f && touch f/x d && pack f f/x d`,
);
test(
	'a link replaced by a folder',
	same,
	`mkdir real && touch real/a && ln -s real l && pack real real/a l`,
	`mkdir l && touch l/b && pack l l/b`,
);
test(
	'a folder replaced by a link',
	same,
	`mkdir real d && touch real/a d/b && pack real real/a d d/b`,
	`ln -s real d && pack d`,
);
test(
	'a write through a link of a lower layer: absolute, and above the root',
	same,
	`mkdir etc && ln -s /etc a && ln -s ../../../../etc b && pack etc a b`,
	`mkdir a b && touch a/x b/y && pack a/x b/y`,
);
test(
	'a write through a chain of links',
	same,
	`mkdir -p usr/lib && ln -s usr/lib lib && ln -s lib lib64 && pack usr usr/lib lib lib64`,
	`mkdir lib64 && touch lib64/x && pack lib64/x`,
);
test(
	'a hard link to a file of a lower layer',
	same,
	`mkdir d && printf x > d/a && pack d d/a`,
	`mkdir d && printf x > d/a && ln d/a b && pack d/a b && tar --delete -f layer.tar d/a`,
);
test(
	'a hard link whose target is hidden later',
	same,
	`printf x > a && ln a b && pack a b`,
	`touch .wh.a && pack .wh.a`,
);
test(
	'a hard link whose target is replaced later',
	same,
	`printf x > a && ln a b && pack a b`,
	`printf y > a && pack a`,
);
test('a hard link to a symbolic link', same, `ln -s nowhere a && ln a b && pack a b`);
test(
	'attributes of a folder changed by a later layer',
	same,
	`mkdir -m 700 d && touch d/a && pack d d/a`,
	`mkdir -m 2750 d && chown 3:4 d && pack d`,
);
test(
	'names with ./ and /',
	same,
	`mkdir d && touch d/a && pack ./d ./d/a`,
	`mkdir d && touch d/b && tar -P --transform='s,^,/,' -cf layer.tar d/b`,
);
test(
	'the same name twice: the last counts',
	same,
	`printf 1 > a && pack a && printf two > a && tar --mtime=@1492533000 -rf layer.tar a`,
);
test(
	'a folder given again after its files',
	same,
	`mkdir d && touch d/a && pack d d/a && chmod 700 d && tar --no-recursion -rf layer.tar d`,
);
test(
	'large owners',
	same,
	`touch a && tar --format=gnu --owner=:3000000 --group=:4000000 --mtime=@1492533000 -cf layer.tar a`,
);
test(
	'an empty layer between others',
	same,
	`touch a && pack a`,
	`tar -cf layer.tar -T /dev/null`,
	`touch b && pack b`,
);
test(
	'long names and link targets',
	same,
	`n=$(printf 'folder-with-a-long-name/%.0s' 1 2 3 4 5 6 7) && mkdir -p $n && printf x > $n/f && ln -s $n/f l && ln $n/f h && tar --format=gnu --mtime=@5 -cf layer.tar folder* l h`,
	`n=$(printf 'folder-with-a-long-name/%.0s' 1 2 3 4 5 6 7) && mkdir -p $n && printf x > $n/g && ln -s $n/g m && ln $n/g i && tar --format=pax --mtime=@6.75 -cf layer.tar folder* m i`,
);
test(
	'a whiteout through a link',
	same,
	`mkdir -p usr/lib && touch usr/lib/a usr/lib/b && ln -s usr/lib lib && pack usr usr/lib usr/lib/a usr/lib/b lib`,
	`mkdir lib && touch lib/.wh.a && pack lib/.wh.a`,
);
test('a whiteout of nothing', same, `touch a && pack a`, `touch .wh.nothing && pack .wh.nothing`);
test(
	'a file made where nothing but its folder was hidden',
	same,
	`mkdir -m 700 d && touch d/a && pack d d/a`,
	`mkdir -m 750 d && touch d/b .wh.d && pack .wh.d d d/b`,
);
test('folders that no layer names', same, `mkdir -p a/b && touch a/b/c && pack a/b/c`);

/** Layers by Go's archive/tar, as Docker, containerd and BuildKit write them too. */
const umocisOwn = `
	umoci init --layout img && umoci new --image img:test && umoci unpack --image img:test one
	cd one/rootfs
	n=$(printf 'folder-with-a-long-name/%.0s' 1 2 3 4 5 6 7)
	mkdir -p $n gone && printf x > $n/f && ln $n/f h && ln -s $n/f l && touch gone/a
	cp /bin/true ping && setcap cap_net_raw+ep ping && chown 3000000:70000 h && touch -d @5.25 h && printf e > é
	cd ../.. && umoci repack --image img:test one && umoci unpack --image img:test two
	cd two/rootfs && rm -r l gone ping && mkdir l && printf y > l/z
	cd ../.. && umoci repack --image img:test two`;

test("flattenLayers() like umoci: layers of umoci's own making", async (t) => {
	const folder = scratchFolder(t);
	const made = await runProgram('bash', ['--norc', '-ec', umocisOwn], { cwd: folder });
	t.is(made.exitCode, 0, made.stderr);
	const store = openImageStore(join(folder, 'store'));
	await importImages(join(folder, 'img'), store);
	const tree = await ours(store.folder);
	t.deepEqual(tree, await umocis(t, join(folder, 'img')));
	t.deepEqual(
		Object.keys(tree)
			.filter((path) => !path.startsWith('folder'))
			.sort(),
		['h', 'l', 'l/z', 'é'],
	);
});
