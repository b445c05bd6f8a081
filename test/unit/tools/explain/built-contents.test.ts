import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel: { image: "t/kernel:v1", cmdline: "console=ttyS0" }
init: ["t/init:v1"]
services: [{ name: app, image: "t/app:v1" }]
files: [{ path: etc/motd, contents: "hello" }]
`;

const modules = ['fs/squashfs.ko', 'fs/erofs.ko', 'drivers/loop.ko', 'drivers/virtio_pci.ko'];

async function place(t: ExecutionContext) {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'out'));
	const store = openImageStore(join(folder, 'store'));
	const kernelTar = await makeTar([
		{ name: 'lib/modules/6.1/modules.builtin', body: 'kernel/block/virtio-blk.ko\n' },
		{ name: 'lib/modules/6.1/modules.dep', body: modules.map((path) => `${path}:\n`).join('') },
		...modules.map((path) => ({
			name: `lib/modules/6.1/${path}`,
			body: 'LZ4_decompress_safe zstd_init_dstream',
		})),
	]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'k'.repeat(5000) },
		{ name: 'kernel.tar', body: kernelTar.toString('latin1') },
	]);
	await putTestImage(store, 't/init:v1', [{ name: 'lib/slipway/first-program', body: 'first', mode: 0o755 }]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'a'.repeat(300_000), mode: 0o755 }]);
	const run = async (...words: readonly string[]) => await runCommand({ run: main }, ...words);
	const build = async (name: string, text = yaml, ...options: readonly string[]): Promise<string> => {
		const file = join(folder, `${name}.yml`);
		writeFileSync(file, text);
		const all = ['--offline', '--cache', store.folder, '--dir', join(folder, 'out'), ...options, file];
		const built = await run('build', ...all);
		if (built.exitCode !== 0) throw new Error(built.err);
		return join(folder, 'out', name);
	};
	return { run, build };
}

for (const format of ['kernel+initrd', 'kernel+squashfs']) {
	test(`slipway explain reads a built system of the format ${format}`, async (t) => {
		const { run, build } = await place(t);
		const name = await build('os', yaml, '--format', format, '--root', 'squashfs');
		const { exitCode, out, err } = await run('explain', '--json', name);
		t.is(exitCode, 0, err);
		const told = JSON.parse(out);
		t.is(told.name, 'os');
		t.like(told.largest[0], {
			path: 'containers/services/app/lower/app',
			bytes: 300_000,
			part: 'services/app',
		});
		const parts = Object.fromEntries(
			told.parts.map((part: { name: string; bytes: number }) => [part.name, part.bytes]),
		);
		t.is(
			parts['kernel'],
			5000 + 'kernel/block/virtio-blk.ko\n'.length + modules.join(':\n').length + 2 + modules.length * 37,
		);
		t.true(parts['configuration'] > 1000);
		// Three of the four modules, whose texts are equal, and one of two /etc/hosts.
		t.is(told.sharedBytes, 3 * 37 + 160);
		t.regex(
			(await run('explain', name)).out,
			/^271 B of that are files equal to others, which the root image stores once\.$/m,
		);
		t.true(parts['init'] > 0);
	});
}

test('slipway diff compares two built systems by their files', async (t) => {
	const { run, build } = await place(t);
	const first = await build('a');
	const same = await run('diff', first, await build('b'));
	t.deepEqual([same.exitCode, same.out], [0, ''], same.err);
	const { exitCode, out } = await run('diff', first, await build('c', yaml.replace('hello', 'good bye')));
	t.is(exitCode, 1);
	t.regex(out, /^ {2}~ \/etc\/motd +5 B 0600 0:0 -> 8 B 0600 0:0$/m);
});

test('slipway explain and diff read a root that the kernel unpacks, as they read an image', async (t) => {
	const { run, build } = await place(t);
	const unpacked = await build('unpacked', yaml, '--root', 'unpacked');
	const { exitCode, out, err } = await run('explain', '--json', unpacked);
	t.is(exitCode, 0, err);
	const told = JSON.parse(out);
	t.like(told.largest[0], {
		path: 'containers/services/app/lower/app',
		bytes: 300_000,
		part: 'services/app',
	});
	t.falsy(told.sharedBytes);
	const image = await build('image', yaml, '--root', 'squashfs');
	const same = await run('diff', image, unpacked);
	// An image has what the first program mounts over it, and not the first program, which its initrd has.
	t.regex(
		same.out,
		/^Files\n {2}\+ \/lib\/slipway\/first-program .*\n(?: {2}- \/(?:mnt|run|tmp|var) +directory .*\n){4}Size .* \(\+5 B\), unpacked\n$/,
	);
	const other = await build('other', yaml.replace('hello', 'good bye'), '--root', 'unpacked');
	t.regex((await run('diff', unpacked, other)).out, /^ {2}~ \/etc\/motd +5 B 0600 0:0 -> 8 B 0600 0:0$/m);
	writeFileSync(`${other}-initrd.img`, readFileSync(`${other}-initrd.img`).subarray(0, 300));
	const cut = await run('explain', other);
	t.is(cut.exitCode, 1);
	t.regex(cut.err, /other-initrd\.img (?:can't be decompressed|is no initrd)/);
	writeFileSync(`${other}-initrd.img`, 'no archive'.repeat(20));
	t.regex((await run('explain', other)).err, /is no initrd of cpio archives: a header is damaged/);
});

test('slipway explain and diff read a root that is an EROFS image', async (t) => {
	const { run, build } = await place(t);
	const squashfs = await build('image', yaml, '--format', 'kernel+squashfs');
	const erofs = await build('erofs', yaml, '--format', 'kernel+erofs');
	// The first program is in a squashfs' initrd alone.
	const sizes = async (name: string) => {
		const { sharedBytes, parts } = JSON.parse((await run('explain', '--json', name)).out);
		const others = parts.filter((part: { readonly name: string }) => part.name !== 'init');
		return { sharedBytes, others, count: parts.length };
	};
	t.deepEqual(await sizes(erofs), await sizes(squashfs));
	t.regex(
		(await run('diff', squashfs, erofs)).out,
		/^Configuration\n {2}\+ command line +rootfstype=erofs\nFiles\n {2}\+ \/lib\/slipway\/first-program .*\nSize .* \(\+5 B\), unpacked\n$/,
	);
	const other = await build('other', yaml.replace('hello', 'good bye'), '--format', 'kernel+erofs');
	t.regex((await run('diff', erofs, other)).out, /^ {2}~ \/etc\/motd +5 B 0600 0:0 -> 8 B 0600 0:0$/m);
	writeFileSync(`${other}-erofs.img`, 'no image'.repeat(1000));
	t.regex(
		(await run('explain', other)).err,
		/other is no intact EROFS image of Slipway: its superblock is of another kind/,
	);
});

test('slipway explain says what to do about a root that it does not read', async (t) => {
	const { run, build } = await place(t);
	const onDisk = await build('other', yaml, '--format', 'kernel+squashfs');
	// The ending tells the kind.
	renameSync(`${onDisk}-squashfs.img`, `${onDisk}-iso.img`);
	const other = await run('explain', onDisk);
	t.is(other.exitCode, 1);
	t.regex(other.err, /The root of \S+other is an ISO 9660 file system\. Name its YAML file instead/);
	const missing = await run('explain', `${onDisk}-none`);
	t.is(missing.exitCode, 1);
	t.regex(missing.err, /There is no system named/);
});

test('slipway inspect shows the files of a built system', async (t) => {
	const { run, build } = await place(t);
	for (const [format, root, expected] of [
		['kernel+initrd', 'squashfs', 'image in the initrd'],
		['kernel+initrd', 'unpacked', 'archives in the initrd'],
		['kernel+squashfs', 'squashfs', 'image on a disk'],
	] as const) {
		const name = await build('os', yaml, '--format', format, '--root', root);
		const { exitCode, out, err } = await run('inspect', '--json', name);
		t.is(exitCode, 0, err);
		const told = JSON.parse(out);
		t.is(told.root, expected);
		t.is(told.files[0].sizeBytes, 5000);
		t.regex(told.commandLine, /^console=ttyS0 /);
		t.regex((await run('inspect', name)).out, new RegExp(`^ {2}root +${expected}$`, 'm'));
	}
});
