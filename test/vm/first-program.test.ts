// The first program of an initrd with the root as one image, booted with a root of two files: the root is given on as it
// is, and each reason for which it cannot be mounted is told in words, after which the machine ends.

import {
	appendFileSync,
	copyFileSync,
	createReadStream,
	mkdirSync,
	openSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { makeHashTree } from '../../tools/media/hash-tree.ts';
import {
	diskModules,
	type FirstBoot,
	hashModule,
	imageModules,
	prepareFirstBoot,
	verityModules,
} from '../helpers/first-boot.ts';
import { runProgram } from '../helpers/program.ts';
import { ownerOfAll, scratchFolder } from '../helpers/scratch.ts';

const test = ava.serial;
const owner = ownerOfAll();
let first: FirstBoot;

ava.before(async () => {
	first = await prepareFirstBoot(owner);
});
ava.after.always(() => owner.cleanUp());

test('the root of the initrd is read-only, gets the arguments of the kernel, and nothing else is left', async (t) => {
	const initrd = await first.initrd({ modules: [hashModule, ...imageModules] });
	const console = await first.boot(initrd, 'rootfstype=ramfs a=word -- last');
	t.regex(console, /init 1: last, a is word$/m);
	t.regex(console, /^root: \/dev\/loop0 \/ squashfs ro\b/m);
	t.regex(console, /^loop: \/root\.squashfs \(deleted\)$/m);
	t.regex(console, /^modules: squashfs loop sha256_ssse3$/m);
});

test('the root on a disk is found by root=, also by a processor without the instructions of a faster cipher', async (t) => {
	const initrd = await first.initrd({ image: null, modules: [hashModule, ...diskModules] });
	const console = await first.boot(initrd, 'root=/dev/vda rootwait', { disk: first.image, cpu: 'qemu64' });
	t.regex(console, /^root: \/dev\/vda \/ squashfs ro\b/m);
	t.notRegex(console, /does not load|sha256_ssse3/);
});

test('the root in a partition is found by its id: a GUID of GPT, or what a master boot record has', async (t) => {
	const root = readFileSync(first.image);
	const initrd = await first.initrd({ image: null, modules: diskModules });
	const disk = join(scratchFolder(t), 'disk');
	for (const [label, last] of [
		['gpt', 'uuid=7A3C1F20-5D6E-4F70-8192-A3B4C5D6E7F8'],
		['dos', 'type=83'],
	] as const) {
		writeFileSync(disk, Buffer.alloc(8 << 20));
		const table = `label: ${label}\nlabel-id: ${label === 'dos' ? '0x7a3c1f20' : '00000000-0000-4000-8000-000000000001'}\nsize=2048\n${last}\n`;
		const made = await runProgram('sfdisk', ['--quiet', disk], { input: table });
		t.is(made.exitCode, 0, made.stderr);
		writeSync(openSync(disk, 'r+'), root, 0, root.length, 2 * 2048 * 512);
		const id = label === 'dos' ? '7a3c1f20-02' : '7a3c1f20-5d6e-4f70-8192-a3b4c5d6e7f8';
		t.regex(
			await first.boot(initrd, `root=PARTUUID=${id}`, { disk }),
			/^root: \/dev\/vda2 \/ squashfs ro\b/m,
		);
	}
	const absent = await first.boot(initrd, 'root=PARTUUID=7a3c1f20-03 rootwait=1', { disk });
	t.regex(absent, /its disk PARTUUID=7a3c1f20-03 did not appear in 1 s; the kernel has: vda, vda1, vda2\./);
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

test('the reason is told: an image with one bit altered in a program', async (t) => {
	const image = join(scratchFolder(t), 'root');
	copyFileSync(first.image, image);
	flipBit(image, 4096 + 1000);
	const initrd = await first.initrd({ image, sumOf: first.image });
	const console = await first.boot(initrd, 'rootfstype=ramfs');
	t.regex(
		console,
		new RegExp(
			`${cannotStart}the root in the initrd is damaged: its sum is [0-9a-f]{16}, and it was built with [0-9a-f]{16}\\.`,
		),
	);
	t.notRegex(console, /init 1:/);
});

test('the reason is told: an initrd with one bit altered in a module', async (t) => {
	const damage = (tree: string): void => flipBit(join(tree, 'modules/00-loop.ko'), 4096);
	const console = await first.boot(await first.initrd({ damage }), 'rootfstype=ramfs');
	t.regex(
		console,
		new RegExp(
			`${cannotStart}the initrd is damaged: the sum of /modules/00-loop\\.ko is [0-9a-f]{16}, and it was built with `,
		),
	);
	t.notRegex(console, /init 1:|does not load/);
});

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

test('the reason is told: a disk with an EROFS whose tables make no sense', async (t) => {
	const disk = join(scratchFolder(t), 'disk');
	const bytes = Buffer.alloc(1 << 20);
	// The superblock (fs/erofs/erofs_fs.h): the magic and blocks of 4 KB. The inode of its root has no kind.
	bytes.writeUInt32LE(0xe0f5e1e2, 1024);
	bytes.writeUInt8(12, 1024 + 12);
	writeFileSync(disk, bytes);
	const initrd = await first.initrd({ image: null, modules: [...diskModules, 'libcrc32c', 'erofs'] });
	const console = await first.boot(initrd, 'root=/dev/vda rootfstype=erofs', { disk });
	t.regex(console, /\/dev\/vda does not mount as erofs: Structure needs cleaning; it is damaged or cut/);
});

test('the reason is told: a root whose /init is gone', async (t) => {
	const [tree, image] = [join(scratchFolder(t), 'tree'), join(scratchFolder(t), 'root')];
	mkdirSync(tree);
	const made = await runProgram('mksquashfs', [tree, image, '-comp', 'lz4', '-quiet', '-no-progress']);
	t.is(made.exitCode, 0, made.stderr);
	const console = await first.boot(await first.initrd({ image }), 'rootfstype=ramfs');
	t.regex(
		console,
		/\/init of the root cannot be executed: No such file or directory; the root is damaged, or /,
	);
});

interface VerifiedDisk {
	readonly path: string;
	/** The bytes in front of the superblock and the tree. */
	readonly dataBytes: number;
	/** The word for the command line. */
	readonly word: string;
}

async function verifiedDisk(t: ExecutionContext): Promise<VerifiedDisk> {
	const path = join(scratchFolder(t), 'verified');
	copyFileSync(first.image, path);
	const { rootHash, dataBlocks, bytes } = await makeHashTree(createReadStream(path));
	appendFileSync(path, bytes);
	return { path, dataBytes: dataBlocks * 4096, word: `slipway.verity=${rootHash},${dataBlocks}` };
}

const bootVerified = async ({ path, word }: VerifiedDisk, modules = [...verityModules, ...diskModules]) =>
	await first.boot(await first.initrd({ image: null, modules }), `root=/dev/vda ${word}`, { disk: path });

test('the root on a disk is checked by dm-verity', async (t) => {
	t.regex(await bootVerified(await verifiedDisk(t)), /^root: \/dev\/dm-0 \/ squashfs ro\b/m);
});

const altered = ava.macro({
	async exec(t, position: (disk: VerifiedDisk) => number) {
		const disk = await verifiedDisk(t);
		flipBit(disk.path, position(disk));
		const console = await bootVerified(disk);
		t.regex(console, /device-mapper: verity: .* is corrupted/);
		t.regex(console, /Kernel panic - not syncing: dm-verity device corrupted/);
		t.notRegex(console, /init 1:/);
	},
	title: (name) => `attack: the kernel panics before it uses a disk with one bit altered in ${name}`,
});
// The data of files begins behind the superblock; busybox is larger than all else.
test('a program that is read', altered, () => 4096 + 1000);
test('the superblock of the root', altered, () => 48);
test('the hash tree', altered, ({ dataBytes }) => dataBytes + 4096);

const unverifiable = ava.macro({
	async exec(t, change: (disk: VerifiedDisk) => VerifiedDisk, reason: RegExp, modules?: string[]) {
		const console = await bootVerified(change(await verifiedDisk(t)), modules);
		t.regex(console, reason);
		t.notRegex(console, /init 1:/);
	},
	title: (name) => `the reason is told, and the root is not used unchecked: ${name}`,
});
test(
	'a cut disk',
	unverifiable,
	(disk) => {
		truncateSync(disk.path, disk.dataBytes + 4096);
		return disk;
	},
	/cannot start: the root on \/dev\/vda is cut: it has \d+ bytes with its hash tree, and \d+ are there/,
);
test(
	'a word that is no hash',
	unverifiable,
	(disk) => ({ ...disk, word: disk.word.replace(/,.*/, '') }),
	/cannot start: slipway\.verity=\S+ on the kernel's command line is wrong: it is ROOTHASH,BLOCKS/,
);
test(
	'no module dm-verity',
	unverifiable,
	(disk) => disk,
	/cannot start: the root cannot be checked: its table is not accepted: .*the kernel lacks dm-verity/,
	['dm-mod', ...diskModules],
);

function flipBit(file: string, position: number): void {
	const bytes = readFileSync(file);
	bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
	writeFileSync(file, bytes);
}
