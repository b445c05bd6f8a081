// Tests that the booted guest has the files of the layers with all their attributes: file capabilities, hard links and the
// holes of sparse files, in a read-write and a read-only container and in the root itself, a squashfs or an EROFS (the layer is
// GNU tar's), and that the whole mounted root is the tree of the archive.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { mediaTypes } from '../../supervisor/image/descriptor.ts';
import type { ImageStore } from '../../tools/images/store.ts';
import { everyKindAttributes, everyKindOfFile } from '../helpers/every-kind.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { ownStore, putTree } from '../helpers/own-store.ts';
import { runProgram } from '../helpers/program.ts';
import { compileStatic } from '../helpers/static-tool.ts';
import { buildSystem } from '../helpers/system.ts';
import { bytesOf, digestOf } from '../helpers/tar.ts';
import { filesOf, lostPages, readArchivedTree, readMountedTree } from './fixtures/mounted-tree.ts';

const test = ava.serial;
const guests = new Map<string, Guest>();
/** The mounted roots, by list-tree. */
const listings = new Map<string, string>();
let archive: string;
let store: ImageStore;
let listTree: string;

/** `net` may bind port 80 by its file's capability; `plain` is the same program without. */
const layerScript = `
	mkdir -p tree/opt/attributes && cd tree/opt/attributes
	cp /bin/busybox busybox-plain && cp /bin/busybox busybox-net && setcap cap_net_bind_service+ep busybox-net
	ln -s busybox-plain sh
	printf shared > one && ln one two
	truncate -s 5M sparse && printf end >> sparse
	cd ../.. && tar --sparse --xattrs --xattrs-include='*' --format=posix --sort=name --numeric-owner -cf ../layer.tar opt`;

/** Run by a user who is not root; each line is a claim. A server that can't bind its port exits with 1. */
const look = (folder: string): string =>
	[
		`${folder}/busybox-plain grep CapEff /proc/self/status`,
		`${folder}/busybox-net grep CapEff /proc/self/status`,
		`${folder}/busybox-plain httpd -p 127.0.0.1:81 -h /; echo plain $?`,
		`${folder}/busybox-net httpd -p 127.0.0.1:PORT -h /; echo net $?`,
		`[ ${folder}/one -ef ${folder}/two ] && echo linked $(${folder}/busybox-plain stat -c %h ${folder}/two)`,
		`${folder}/busybox-plain stat -c 'size %s' ${folder}/sparse`,
		`echo zeros $(${folder}/busybox-plain head -c 5242880 ${folder}/sparse | ${folder}/busybox-plain tr -d '\\0' | ${folder}/busybox-plain wc -c)`,
		`${folder}/busybox-plain tail -c 3 ${folder}/sparse`,
	].join('; ');

const container = (name: string, image: string, folder: string, port: number, more: string): string => `
  - name: ${name}
    image: ${image}
    command: ["${folder}/sh", "-c", ${JSON.stringify(`(${look(folder).replace('PORT', String(port))}) 2>&1`)}]
    uid: 1000
    gid: 1000
    capabilities: [CAP_NET_BIND_SERVICE]
    net: host
${more}`;

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, test/attributes:v1, test/kinds:v1]
onboot:${container('writable', 'test/attributes:v1', '/opt/attributes', 82, '')}${container('readonly', 'test/attributes:v1', '/opt/attributes', 83, '    readonly: true')}${container('root', 'test/attributes:v1', '/hostroot', 84, '    binds: ["/opt/attributes:/hostroot"]')}
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
files:
  - {path: etc/list-tree, source: build/test/list-tree, mode: "0755"}
`;

async function build(format: string): Promise<string> {
	return await buildSystem(`attributes-${format}`, yaml, '--cache', store.folder, '--format', format);
}

async function putAttributes(store: ImageStore): Promise<void> {
	const folder = join(store.folder, 'layer');
	mkdirSync(folder);
	const made = await runProgram('sh', ['-ec', layerScript], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	const tar = readFileSync(join(folder, 'layer.tar'));
	const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
	await store.putImage('test/attributes:v1', {
		config: { architecture: 'amd64', os: 'linux', config: {} },
		layers: [{ descriptor, diffId: digestOf(tar) }],
	});
}

ava.before(async () => {
	store = await ownStore('attributes');
	await putAttributes(store);
	await putTree(store, 'test/kinds:v1', everyKindOfFile());
	listTree = await compileStatic('test/vm/fixtures/list-tree.cc', 'list-tree');
	for (const format of ['kernel+initrd', 'kernel+erofs']) {
		const guest = await bootReadyGuest(await build(format));
		guests.set(format, guest);
		const { output, status } = await guest.shell('/proc/1/root/etc/list-tree');
		if (status !== 0) throw new Error(output);
		listings.set(format, output);
	}
	archive = `${await build('tar')}.tar`;
});

ava.after.always(async () => {
	for (const { machine } of guests.values()) await machine.stop();
});

test('the root on a disk is an EROFS under dm-verity', async (t) => {
	const { output } = (await guests.get('kernel+erofs')?.shell('awk \'$2 == "/"\' /proc/1/mounts')) ?? {};
	t.regex(output ?? '', /^\/dev\/dm-0 \/ erofs ro\b/m);
});

const expected = [
	'CapEff:\t0000000000000000',
	// CAP_NET_BIND_SERVICE is bit 10, capabilities(7).
	'CapEff:\t0000000000000400',
	'httpd: bind: Permission denied',
	'plain 1',
	'net 0',
	'linked 2',
	'size 5242883',
	'zeros 0',
	'end',
];

for (const format of ['kernel+initrd', 'kernel+erofs']) {
	for (const [index, name] of ['writable', 'readonly', 'root'].entries()) {
		test(`capabilities, hard links and sparse files are there in the guest: ${name} of ${format}`, async (t) => {
			const log = `/var/log/onboot.00${index}-${name}.out.log`;
			const { output = '' } = (await guests.get(format)?.shell(`cat ${log}`)) ?? {};
			t.deepEqual(output.trimEnd().split('\n'), expected);
		});
	}
}

/** Mount points, which a root image has in any case, and the kernel, which stands beside it. */
const ofOneAlone = /^(\.|dev|mnt|proc|run|sys|tmp|var|boot(\/.*)?)$/;
/** What the image in an initrd has otherwise: programs with packed pages; what mounts the root stands beside it. */
const packedPrograms = ['init', 'usr/bin/containerd', 'usr/bin/containerd-shim-runc-v2'];
const otherPaths: Readonly<Record<string, readonly string[]>> = {
	'kernel+initrd': [...packedPrograms, 'lib/slipway/first-program'],
	'kernel+erofs': [],
};

for (const [format, others] of Object.entries(otherPaths)) {
	test(`every path of the mounted root is what the archive of the same system has: ${format}`, async (t) => {
		const archived = await readArchivedTree(archive, listTree);
		const mounted = readMountedTree(listings.get(format) ?? '');
		t.true(mounted.size > 300, `${mounted.size} paths`);
		const different = [...new Set([...mounted.keys(), ...archived.keys()])]
			.filter((path) => !ofOneAlone.test(path) && mounted.get(path) !== archived.get(path))
			.map((path) => ({ path, mounted: mounted.get(path), archived: archived.get(path) }))
			.filter(({ path }) => !others.includes(path));
		t.deepEqual(different, []);
	});

	test(`attributes have their values in the mounted root: ${format}`, async (t) => {
		const values = [...everyKindAttributes].map(([key, value]) => `${key}=${value.toString('hex')}`);
		const [, found = ''] = /(\S+) d\/ping$/m.exec(listings.get(format) ?? '') ?? [];
		t.deepEqual(found.split(',').toSorted(), values.toSorted());
	});
}

test('packed programs have all their pages in the mounted root', async (t) => {
	const programs = await filesOf(archive, packedPrograms);
	const packed = await filesOf(`${await build('kernel+squashfs')}-squashfs.img`, packedPrograms);
	const mounted = listings.get('kernel+initrd') ?? '';
	for (const [index, path] of packedPrograms.entries()) {
		const [program, found] = [programs[index] ?? Buffer.alloc(0), packed[index] ?? Buffer.alloc(0)];
		// Headers, and the page with the code that moves the others.
		const lost = lostPages(program, found);
		t.true(program.length > 2 ** 20 && lost.length === 2 && lost[0] === 0, `${path}: ${lost}`);
		const { stdout } = await runProgram(listTree, ['-'], { input: found, env: { TAR_FILENAME: path } });
		t.regex(mounted, new RegExp(` ${found.length} 0 ${stdout.slice(0, 16)} - ${path}$`, 'm'));
	}
});
