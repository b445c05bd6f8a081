// The first program of an initrd with the root as one image, booted with a root of two files: the root is given on as it
// is, and each reason for which it cannot be mounted is told in words, after which the machine ends.

import {
	copyFileSync,
	openSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { diskModules, type FirstBoot, imageModules, prepareFirstBoot } from '../helpers/first-boot.ts';
import { ownerOfAll, scratchFolder } from '../helpers/scratch.ts';

const test = ava.serial;
const owner = ownerOfAll();
let first: FirstBoot;

ava.before(async () => {
	first = await prepareFirstBoot(owner);
});
ava.after.always(() => owner.cleanUp());

test('the root of the initrd is read-only, gets the arguments of the kernel, and nothing else is left', async (t) => {
	const console = await first.boot(await first.initrd(), 'rootfstype=ramfs a=word -- last');
	t.regex(console, /init 1: last, a is word$/m);
	t.regex(console, /^root: \/dev\/loop0 \/ squashfs ro\b/m);
	t.regex(console, /^loop: \/root\.squashfs \(deleted\)$/m);
});

test('the root on a disk is found by root=', async (t) => {
	const initrd = await first.initrd({ image: null, modules: diskModules });
	const console = await first.boot(initrd, 'root=/dev/vda rootwait', { disk: first.image });
	t.regex(console, /^root: \/dev\/vda \/ squashfs ro\b/m);
});

/** Damages a copy of a file. */
type Damage = (file: string) => void;
const cutTo =
	(share: number): Damage =>
	(file) =>
		truncateSync(file, Math.floor(statSync(file).size * share));
const overwrite =
	(start: number): Damage =>
	(file) =>
		writeSync(openSync(file, 'r+'), Buffer.alloc(64, 'x'), 0, 64, start);

/** A field of the superblock (Documentation/filesystems/squashfs.rst). */
const inodeTableStart = (file: string): number => Number(readFileSync(file).readBigUInt64LE(64));

const damagedImage = ava.macro({
	async exec(t, damage: Damage, reason: RegExp) {
		const image = join(scratchFolder(t), 'root');
		copyFileSync(first.image, image);
		damage(image);
		const console = await first.boot(await first.initrd({ image }), 'rootfstype=ramfs');
		t.regex(console, reason);
		t.notRegex(console, /init 1:/);
	},
	title: (name = '') => `the reason is told: ${name}`,
});
const cannotStart = 'slipway: the system cannot start: ';
test(
	'an image that is cut',
	damagedImage,
	cutTo(0.5),
	new RegExp(`${cannotStart}the root on /dev/loop0 is cut`),
);
test(
	'an image without its superblock',
	damagedImage,
	overwrite(0),
	new RegExp(`${cannotStart}/dev/loop0 holds no squashfs: .*damaged`),
);
test(
	'an image with damaged tables',
	damagedImage,
	(file) => overwrite(inodeTableStart(file))(file),
	new RegExp(`${cannotStart}the root on /dev/loop0 does not mount as lz4 squashfs: .*it is damaged`),
);

test('the reason is told: an initrd that is cut', async (t) => {
	const initrd = await first.initrd();
	cutTo(0.9)(initrd);
	const console = await first.boot(initrd, 'rootfstype=ramfs');
	t.regex(console, new RegExp(`${cannotStart}the end of the initrd is missing: it is cut, or .* 2\\d\\d MB`));
});

const missingModule = ava.macro({
	async exec(t, name: string, reason: RegExp) {
		const modules = imageModules.filter((each) => each !== name);
		t.regex(await first.boot(await first.initrd({ modules }), 'rootfstype=ramfs'), reason);
	},
	title: (_, name) => `the reason is told: no module ${name}`,
});
test(
	missingModule,
	'loop',
	/the system cannot start: the kernel has no loop devices \(the module loop\.ko\)/,
);
test(missingModule, 'squashfs', /as lz4 squashfs: No such device; the kernel does not know this file system/);

test('the reason is told: a module that is damaged', async (t) => {
	const broken = join(scratchFolder(t), 'broken.ko');
	writeFileSync(broken, readFileSync(first.image).subarray(0, 4096));
	const initrd = await first.initrd({ image: null, modules: [broken] });
	const console = await first.boot(initrd, '');
	t.regex(console, /slipway: the kernel module \S+ does not load: .*it is damaged, or of another kernel/);
	t.regex(console, /the initrd holds no root image \(it may be cut\), and root= .* names no disk/);
});

test('a disk that does not appear is waited for, and the disks that are there are told', async (t) => {
	const initrd = await first.initrd({ image: null, modules: diskModules });
	const console = await first.boot(initrd, 'root=/dev/vdb rootwait=6', { disk: first.image });
	t.regex(console, /slipway: waiting for the root's disk \/dev\/vdb \(5 s\)/);
	t.regex(console, /its disk \/dev\/vdb did not appear in 6 s; the kernel has: vda\. Check root=/);
});

test('a disk without a root is told', async (t) => {
	const disk = join(scratchFolder(t), 'disk');
	writeFileSync(disk, Buffer.alloc(1 << 20));
	const initrd = await first.initrd({ image: null, modules: diskModules });
	const console = await first.boot(initrd, 'root=/dev/vda', { disk });
	t.regex(
		console,
		/cannot start: \/dev\/vda holds no squashfs: it is the wrong disk, or its start is damaged/,
	);
});
