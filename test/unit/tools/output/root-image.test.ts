import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openPart } from '../../../../tools/archive/squashfs/part.ts';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { wordSum } from '../../../../tools/files/word-sum.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { readImageSize } from '../../../../tools/output/image-initrd.ts';
import { formatNotes, type KeptNotes } from '../../../../tools/output/kept-notes.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type Member, makeTar, putTestImage } from '../../../helpers/tar.ts';
import { contentOf, listed } from '../archive/squashfs/joined-image.ts';

const yaml = `kernel: { image: "t/kernel:v1", cmdline: "console=ttyS0" }
init: ["t/init:v1"]
services: [{ name: app, image: "t/app:v1" }]
files:
  - { path: etc/motd, contents: "hello" }
  - { path: bin/tool, contents: "through the link" }
`;

const version = 'lib/modules/6.1';
const squashfs = 'a module with LZ4_decompress_safe and zstd_init_dstream';
const modules: readonly Member[] = [
	{ name: `${version}/modules.builtin`, body: 'kernel/block/virtio-blk.ko\n' },
	{
		name: `${version}/modules.dep`,
		body: 'fs/squashfs.ko: lib/b.ko lib/a.ko\nlib/b.ko: lib/a.ko\nlib/a.ko:\ndrivers/loop.ko:\ndrivers/virtio_pci.ko:\n',
	},
	{ name: `${version}/fs/squashfs.ko`, body: squashfs },
	...['lib/a.ko', 'lib/b.ko', 'drivers/loop.ko', 'drivers/virtio_pci.ko'].map((path) => {
		return { name: `${version}/${path}`, body: path };
	}),
];

interface Place {
	readonly store: string;
	readonly out: string;
	readonly file: string;
}

async function makePlace(t: ExecutionContext, kernel = modules, program = 'first'): Promise<Place> {
	const folder = scratchFolder(t);
	const place = { store: join(folder, 'store'), out: join(folder, 'out'), file: join(folder, 's.yml') };
	mkdirSync(place.out);
	writeFileSync(place.file, yaml);
	const store = openImageStore(place.store);
	const tar = await makeTar(kernel);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'the kernel' },
		{ name: 'kernel.tar', body: tar.toString('latin1') },
	]);
	await putTestImage(store, 't/init:v1', [
		{ name: 'lib/slipway/first-program', body: program, mode: 0o755 },
		{ name: 'usr/bin/', type: 'directory' },
		{ name: 'bin', type: 'symlink', linkname: 'usr/bin' },
	]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o4755, uid: 70_000 }]);
	return place;
}

async function build({ store, out, file }: Place, ...more: readonly string[]) {
	return await runCommand(buildCommand, '--offline', '--cache', store, '--dir', out, ...more, file);
}

/** Returns the names of the initrd's files and, if it has one, the root image. */
async function readInitrd(t: ExecutionContext, path: string) {
	const bytes = readFileSync(path);
	const folder = scratchFolder(t);
	const names: string[] = [];
	// GNU cpio ends at the first trailer, and the image is in the second archive.
	for (let start = 0; start < bytes.length; ) {
		writeFileSync(join(folder, 'archive'), bytes.subarray(start));
		const ran = await runProgram('sh', ['-c', 'cpio -idm --quiet < archive && cpio -it --quiet < archive'], {
			cwd: folder,
		});
		if (ran.exitCode !== 0) throw new Error(ran.stderr);
		names.push(...ran.stdout.trim().split('\n'));
		const after = start === 0 ? bytes.indexOf('TRAILER!!!\0') : -1;
		start = after === -1 ? bytes.length : Math.ceil((after + 11) / 4) * 4;
	}
	return { names, folder };
}

test('slipway build --root squashfs writes the first program, its modules in their order, and the root', async (t) => {
	const place = await makePlace(t);
	const built = await build(place, '--root', 'squashfs');
	t.is(built.exitCode, 0, built.err);
	const { names, folder } = await readInitrd(t, join(place.out, 's-initrd.img'));
	t.deepEqual(names, [
		'dev',
		'dev/console',
		'init',
		'modules',
		'modules/00-loop.ko',
		'modules/01-a.ko',
		'modules/02-b.ko',
		'modules/03-squashfs.ko',
		'files.sums',
		'root.squashfs',
		'root.size',
	]);
	const image = join(folder, 'root.squashfs');
	t.is(readFileSync(join(folder, 'init'), 'utf8'), 'first');
	t.is(readFileSync(join(folder, 'modules/03-squashfs.ko'), 'utf8'), squashfs);
	const sumOf = (file: string): string => {
		const sum = wordSum();
		sum.add(readFileSync(join(folder, file)));
		return sum.digest();
	};
	const small = names
		.slice(names.indexOf('init'), names.indexOf('files.sums'))
		.filter((name) => name !== 'modules');
	const sums = small.map((name) => `${sumOf(name)} /${name}\n`).join('');
	t.is(readFileSync(join(folder, 'files.sums'), 'utf8'), sums);
	const size = `${readFileSync(image).length}\n${sumOf('root.squashfs')}\n`;
	t.is(readFileSync(join(folder, 'root.size'), 'utf8'), size);
	t.is(readImageSize(join(place.out, 's-initrd.img')), readFileSync(image).length);
	t.is(readImageSize(image), null);
	t.is((await contentOf(t, image, 'usr/bin/tool')).toString(), 'through the link');
	const lines = await listed(image);
	t.false(
		lines.some((line) => line.includes('first-program')),
		'the initrd alone has the first program',
	);
	for (const expected of [
		/^-rwsr-xr-x 70000\/0 3 .* \/containers\/services\/app\/lower\/app$/,
		/^drwxrwxrwt 0\/0 .* \/tmp$/,
		/^drwxr-xr-x 0\/0 .* \/mnt$/,
		/ \/containers\/services\/app\/config\.json$/,
	])
		t.true(
			lines.some((line) => expected.test(line)),
			String(expected),
		);
	t.is(
		readFileSync(join(place.out, 's-cmdline'), 'utf8'),
		'console=ttyS0 rootfstype=ramfs cryptomgr.notests initcall_blacklist=ftrace_check_for_weak_functions',
	);
});

test('slipway build --root squashfs gives the same bytes from kept parts, and from damaged ones', async (t) => {
	const place = await makePlace(t);
	const path = join(place.out, 's-initrd.img');
	await build(place, '--root', 'squashfs');
	const first = readFileSync(path);
	const again = await build(place, '--root', 'squashfs');
	t.regex(again.err, /^t\/app:v1 .* kept from before$/m);
	t.true(readFileSync(path).equals(first));
	const folder = join(place.store, 'segments');
	for (const name of readdirSync(folder).filter((each) => each.endsWith('.squashfs'))) {
		const part = readFileSync(join(folder, name));
		// A byte of the files, or one of the tables when there are no files.
		const at = name < '8' ? 106 : part.length - 100;
		part[at] = (part[at] ?? 0) ^ 1;
		writeFileSync(join(folder, name), part);
	}
	const mended = await build(place, '--root', 'squashfs');
	t.regex(mended.err, /The packed copy of t\/app:v1 in the store is damaged\. It is packed again\./);
	t.true(readFileSync(path).equals(first));
});

/** Returns the paths of the packed parts, and of the one with the first program. */
function packedParts({ store }: Place): { readonly all: readonly string[]; readonly booting: string } {
	const folder = join(store, 'segments');
	const all = readdirSync(folder)
		.filter((name) => name.endsWith('.squashfs'))
		.map((name) => join(folder, name));
	const isOfProgram = (path: string) =>
		readFileSync(path.replace(/squashfs$/, 'json'), 'utf8').includes('lib/slipway/first-program');
	return { all, booting: all.find(isOfProgram) ?? '' };
}

test('slipway build packs a part again when a file that boots the system is damaged in it', async (t) => {
	const place = await makePlace(t);
	const path = join(place.out, 's-initrd.img');
	await build(place);
	const first = readFileSync(path);
	for (const damaged of packedParts(place).all) {
		const part = readFileSync(damaged);
		// The superblock and the options of lz4 have 106 bytes; the data follow.
		part.fill(0xff, 106, (await openPart(damaged, 0, 'part')).data.end);
		writeFileSync(damaged, part);
	}
	const mended = await build(place);
	t.is(mended.exitCode, 0, mended.err);
	for (const name of ['t/init:v1', 't/app:v1', 't/kernel:v1'])
		t.is(mended.err.match(new RegExp(`packed copy of .*${name}.* is damaged`, 'g'))?.length, 1, mended.err);
	t.true(readFileSync(path).equals(first));
});

test('slipway build gives no system when a file that boots it is read wrongly out of a part', async (t) => {
	const place = await makePlace(t);
	await build(place, '--root', 'squashfs');
	const { booting } = packedParts(place);
	const part = readFileSync(booting);
	const { data } = await openPart(booting, 0, 'part');
	const tables = part.subarray(data.end, part.length - 32);
	// Other digests, as if what is read were not what was packed.
	tables.fill(1, tables.length - 32 * part.readUInt32LE(4));
	const digest = createHash('sha256').update(part.subarray(0, 98)).update(tables).digest();
	digest.copy(part, part.length - 32);
	writeFileSync(booting, part);
	const notesPath = booting.replace(/squashfs$/, 'json');
	const text = readFileSync(notesPath, 'utf8');
	const kept = JSON.parse(text.slice(text.indexOf('\n') + 1)) as KeptNotes;
	const sha256 = createHash('sha256').update(part).digest('hex');
	writeFileSync(notesPath, formatNotes({ ...kept, sha256 }));
	rmSync(place.out, { recursive: true });
	mkdirSync(place.out);
	for (const format of ['kernel+initrd', 'kernel+squashfs']) {
		const error = await t.throwsAsync(build(place, '--format', format));
		t.regex(
			error.message,
			/\/lib\/slipway\/first-program came out wrong when it was read .* --root unpacked/,
		);
	}
	t.deepEqual(readdirSync(place.out), []);
	await t.notThrowsAsync(build(place, '--root', 'unpacked'));
});

test('slipway build --format kernel+squashfs unpacks no root', async (t) => {
	const place = await makePlace(t);
	const built = build(place, '--format', 'kernel+squashfs', '--root', 'unpacked');
	await t.throwsAsync(built, { message: /holds the root as an image: leave out --root unpacked/ });
	t.deepEqual(readdirSync(place.out), []);
});

test('slipway build --format kernel+squashfs writes the root as a disk', async (t) => {
	const place = await makePlace(t);
	const built = await build(place, '--format', 'kernel+squashfs');
	t.is(built.exitCode, 0, built.err);
	const { names } = await readInitrd(t, join(place.out, 's-initrd.img'));
	t.deepEqual(
		names.filter((name) => name.startsWith('modules/')),
		['modules/00-virtio_pci.ko', 'modules/01-a.ko', 'modules/02-b.ko', 'modules/03-squashfs.ko'],
	);
	t.is((await contentOf(t, join(place.out, 's-squashfs.img'), 'etc/motd')).toString(), 'hello');
	t.is(
		readFileSync(join(place.out, 's-cmdline'), 'utf8'),
		'console=ttyS0 root=/dev/vda cryptomgr.notests initcall_blacklist=ftrace_check_for_weak_functions',
	);
	t.regex(built.err, /The root is a disk of .*, which nothing checks, as the kernel has no dm_verity\.$/m);
	await build(place);
	t.deepEqual(
		readdirSync(place.out),
		['s-cmdline', 's-initrd.img', 's-kernel'],
		'no root of the build before',
	);
});

test('slipway build --format kernel+squashfs appends a hash tree, and names its root hash, for dm-verity', async (t) => {
	const withVerity = modules.map((each) =>
		each.name.endsWith('.dep') ? { ...each, body: `${each.body}md/dm-verity.ko: md/dm-mod.ko\n` } : each,
	);
	for (const name of ['dm-verity', 'dm-mod'])
		withVerity.push({ name: `${version}/md/${name}.ko`, body: name });
	const place = await makePlace(t, withVerity);
	const built = await build(place, '--format', 'kernel+squashfs');
	t.regex(built.err, /whose blocks the kernel checks as it reads them \(dm-verity\)\.$/m);
	const { names } = await readInitrd(t, join(place.out, 's-initrd.img'));
	t.deepEqual(names.slice(4, 7), [
		'modules/00-dm_mod.ko',
		'modules/01-dm_verity.ko',
		'modules/02-virtio_pci.ko',
	]);
	const disk = await build(place, '--format', 'raw-efi');
	t.regex(
		disk.err,
		/the root is a partition of .*, whose blocks the kernel checks as it reads them \(dm-verity\)\.$/m,
	);
	t.regex(
		readFileSync(join(place.out, 's-efi.img'), 'latin1'),
		/ slipway\.verity=[0-9a-f]{64},\d+ [^\0]*root=PARTUUID=[0-9a-f-]{36}/,
	);
	const [, rootHash = '', blocks] =
		/ root=\/dev\/vda slipway\.verity=([0-9a-f]{64}),(\d+) /.exec(
			readFileSync(join(place.out, 's-cmdline'), 'utf8'),
		) ?? [];
	const image = join(place.out, 's-squashfs.img');
	const offset = `--hash-offset=${Number(blocks) * 4096}`;
	const verified = await runProgram('veritysetup', ['verify', offset, image, image, rootHash]);
	t.is(verified.exitCode, 0, verified.stderr);
	t.is((await contentOf(t, image, 'etc/motd')).toString(), 'hello');
	const first = readFileSync(image);
	await build(place, '--format', 'kernel+squashfs');
	t.true(readFileSync(image).equals(first), 'the same bytes each time');
});

const erofsModules: readonly Member[] = [
	...modules.map((each) =>
		each.name.endsWith('.dep')
			? { ...each, body: `${each.body}fs/erofs.ko: lib/a.ko\nmd/dm-verity.ko:\n` }
			: each,
	),
	...['fs/erofs', 'md/dm-verity'].map((name) => ({ name: `${version}/${name}.ko`, body: name })),
];

test('slipway build --format kernel+erofs writes the root as a disk that is not compressed', async (t) => {
	const place = await makePlace(t, erofsModules);
	const built = await build(place, '--format', 'kernel+erofs');
	t.is(built.exitCode, 0, built.err);
	const { names } = await readInitrd(t, join(place.out, 's-initrd.img'));
	t.deepEqual(
		names.filter((name) => name.startsWith('modules/')),
		['modules/00-dm_verity.ko', 'modules/01-virtio_pci.ko', 'modules/02-a.ko', 'modules/03-erofs.ko'],
	);
	const [, rootHash = '', blocks] =
		/ root=\/dev\/vda rootfstype=erofs slipway\.verity=([0-9a-f]{64}),(\d+) /.exec(
			readFileSync(join(place.out, 's-cmdline'), 'utf8'),
		) ?? [];
	const image = join(place.out, 's-erofs.img');
	const offset = `--hash-offset=${Number(blocks) * 4096}`;
	const verified = await runProgram('veritysetup', ['verify', offset, image, image, rootHash]);
	t.is(verified.exitCode, 0, verified.stderr);
	const tree = join(scratchFolder(t), 'tree');
	const extracted = await runProgram('fsck.erofs', ['--no-preserve', `--extract=${tree}`, image]);
	t.is(extracted.exitCode, 0, extracted.stderr);
	t.is(readFileSync(join(tree, 'etc/motd'), 'utf8'), 'hello');
	t.is(readFileSync(join(tree, 'usr/bin/tool'), 'utf8'), 'through the link');
	const first = readFileSync(image);
	await build(place, '--format', 'kernel+erofs');
	t.true(readFileSync(image).equals(first), 'the same bytes each time');
});

test('slipway build --format kernel+erofs looks for what boots it before it reads the containers', async (t) => {
	const unheld = { name: 'app', body: 'app', mode: 0o755, pax: { 'SCHILY.xattr.other.name': 'x' } };
	const builds = async (kernel: readonly Member[]) => {
		const place = await makePlace(t, kernel);
		await putTestImage(openImageStore(place.store), 't/app:v1', [unheld]);
		const error = await t.throwsAsync(build(place, '--format', 'kernel+erofs'));
		t.deepEqual(readdirSync(place.out), [], 'nothing is left');
		return error?.message;
	};
	t.is(await builds(modules), 'kernel+erofs: the kernel has no module erofs.');
	t.regex((await builds(erofsModules)) ?? '', /^An EROFS can't hold the attribute other\.name of /);
});

const lacking = test.macro({
	async exec(t, kernel: readonly Member[], why: string) {
		const place = await makePlace(t, kernel);
		const built = await build(place, '--root', 'auto');
		t.true(built.err.includes(`The root is unpacked into the memory at boot: ${why}.\n`), built.err);
		t.is(built.err.match(/^t\/app:v1 /gm)?.length, 1, 'not packed for an image before');
		await t.throwsAsync(build(place, '--root', 'squashfs'), {
			message: `--root squashfs: ${why}. Use --root unpacked.`,
		});
		for (const format of ['kernel+squashfs', 'kernel+erofs'])
			await t.throwsAsync(build(place, '--format', format), { code: 'BAD_CONFIG' });
	},
	title: (_, __, why) => `slipway build --root auto unpacks the root when ${why}`,
});

test('slipway build --compression best says when the kernel knows no xz', async (t) => {
	const place = await makePlace(t);
	const why = "the kernel has a module squashfs that can't decompress xz";
	await t.throwsAsync(build(place, '--compression', 'best', '--root', 'squashfs'), {
		message: `--root squashfs: ${why}. Use --root unpacked.`,
	});
	const withXz = modules.map((each) =>
		each.body === squashfs ? { ...each, body: `${squashfs} xz_dec_init` } : each,
	);
	const built = await build(await makePlace(t, withXz), '--compression', 'best', '--root', 'squashfs');
	t.is(built.exitCode, 0, built.err);
});

const without = (end: string): Member[] => modules.filter(({ name }) => !name.endsWith(end));

test(lacking, without('modules.dep'), 'the kernel image has no index of its modules');
test(
	lacking,
	[...without('.dep'), { name: `${version}/modules.dep`, body: 'drivers/loop.ko:\n' }],
	'the kernel has no module squashfs',
);
test(
	lacking,
	[...without('squashfs.ko'), { name: `${version}/fs/squashfs.ko`, body: 'xz' }],
	"the kernel has a module squashfs that can't decompress lz4",
);
test(
	lacking,
	without('lib/a.ko'),
	'the kernel has the module a.ko, which is absent, damaged or no .ko, .ko.gz or .ko.zst',
);
