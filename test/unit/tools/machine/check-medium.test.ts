import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkMedium } from '../../../../tools/machine/check-medium.ts';
import type { Medium } from '../../../../tools/output/format.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

type ImageFormat = Medium['imageFormat'];

/** Makes an image by qemu-img in a directory with a file `secret`. */
async function imageOf(t: ExecutionContext, file: string, ...words: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'secret'), 'of this machine'.padEnd(4096));
	const ran = await runProgram(
		'qemu-img',
		['create', '-q', ...words.slice(0, -1), file, words.at(-1) ?? ''],
		{
			cwd: folder,
		},
	);
	if (ran.exitCode !== 0) throw new Error(ran.stderr);
	return join(folder, file);
}

const whole: readonly [format: ImageFormat, words: readonly string[]][] = [
	['qcow2', ['-f', 'qcow2', '1M']],
	['qcow2', ['-f', 'qcow2', '-o', 'compat=0.10', '1M']],
	['vmdk', ['-f', 'vmdk', '1M']],
	['vmdk', ['-f', 'vmdk', '-o', 'subformat=streamOptimized', '1M']],
	['vpc', ['-f', 'vpc', '1M']],
	['vpc', ['-f', 'vpc', '-o', 'subformat=fixed', '1M']],
];
for (const [format, words] of whole) {
	test(`checkMedium() takes an image of ${words.join(' ')}`, async (t) => {
		const path = await imageOf(t, 'image', ...words);
		t.notThrows(() => checkMedium(path, format));
	});
}

const ofSeveral: readonly [format: ImageFormat, words: readonly string[]][] = [
	['qcow2', ['-f', 'qcow2', '-F', 'raw', '-b', 'secret', '1M']],
	['qcow2', ['-f', 'qcow2', '-o', 'compat=0.10,backing_file=secret,backing_fmt=raw', '1M']],
	['qcow2', ['-f', 'qcow2', '-o', 'data_file=secret', '1M']],
	['vmdk', ['-f', 'vmdk', '-o', 'subformat=monolithicFlat', '1M']],
	['vmdk', ['-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', '1M']],
];
for (const [format, words] of ofSeveral) {
	test(`checkMedium() refuses an image that names other files of this machine: ${words.join(' ')}`, async (t) => {
		const path = await imageOf(t, `image.${format}`, ...words);
		t.throws(() => checkMedium(path, format), {
			code: 'BAD_INPUT',
			message: /names other files that belong to it, .* qemu-img convert -O /,
		});
	});
}

test('checkMedium() refuses a vmdk that differs from a parent, or lists its parts behind a header', async (t) => {
	const path = await imageOf(t, 'image', '-f', 'vmdk', '1M');
	const bytes = readFileSync(path);
	const without = Buffer.from(bytes);
	without.writeBigUInt64LE(0n, 12);
	const child = Buffer.from(bytes);
	child.write('parentFileNameHint="secret"\n', 600);
	for (const each of [without, child]) {
		writeFileSync(path, each);
		t.throws(() => checkMedium(path, 'vmdk'), { message: /names other files/ });
	}
});

const broken: readonly [title: string, ImageFormat, make: (path: string) => void, expected: RegExp][] = [
	['an empty file', 'raw', (path) => writeFileSync(path, ''), /can't be booted: it is empty\. /],
	['an empty vmdk', 'vmdk', (path) => writeFileSync(path, ''), /it is empty/],
	['a directory', 'raw', (path) => mkdirSync(path), /it is a directory/],
	['zeros as qcow2', 'qcow2', (path) => writeFileSync(path, Buffer.alloc(9000)), /it is no qcow2 image/],
	['zeros as vmdk', 'vmdk', (path) => writeFileSync(path, Buffer.alloc(9000)), /it is no vmdk image/],
	['one byte as VHD', 'vpc', (path) => writeFileSync(path, 'x'), /it is no VHD, or a part of one/],
	['no file', 'raw', () => undefined, /can't be read: ENOENT/],
];
for (const [title, format, make, expected] of broken) {
	test(`checkMedium() refuses ${title}`, (t) => {
		const path = join(scratchFolder(t), 'x');
		make(path);
		t.regex(t.throws(() => checkMedium(path, format))?.message ?? '', expected);
	});
}

test('checkMedium() refuses a fixed VHD that was cut', async (t) => {
	const path = await imageOf(t, 'image', '-f', 'vpc', '-o', 'subformat=fixed', '1M');
	truncateSync(path, 2 ** 20);
	t.throws(() => checkMedium(path, 'vpc'), { message: /it is no VHD, or a part of one/ });
});

/** Of qcow2, of which the last one may be shorter; and a grain of vmdk. */
const clusterBytes = 64 * 1024;
/** Disks by sfdisk and qemu-img, a CD by xorriso, an EFI program of the distribution. */
const made: readonly [title: string, ImageFormat, script: string][] = [
	['a disk with GPT', 'raw', "truncate -s 4M x; printf 'label: gpt\\n,1M,L\\n' | sfdisk -q x"],
	['a disk with a master boot record', 'raw', "truncate -s 4M x; printf ',,L\\n' | sfdisk -q x"],
	['a CD', 'raw', 'mkdir d; head -c 99999 /dev/zero > d/f; xorriso -as mkisofs -quiet -o x d'],
	['an EFI program', 'raw', 'cp /usr/lib/systemd/boot/efi/linuxx64.efi.stub x'],
	['qcow2', 'qcow2', 'head -c 1M /dev/urandom > r; qemu-img convert -O qcow2 r x'],
	[
		'qcow2 with short clusters',
		'qcow2',
		'head -c 1M /dev/urandom > r; qemu-img convert -O qcow2 -o cluster_size=512 r x',
	],
	[
		'qcow2 with long entries',
		'qcow2',
		'head -c 1M /dev/urandom > r; qemu-img convert -O qcow2 -o extended_l2=on r x',
	],
	[
		'compressed qcow2',
		'qcow2',
		'yes | head -c 1M > r; head -c 1M /dev/urandom >> r; qemu-img convert -c -O qcow2 r x',
	],
	['vmdk', 'vmdk', 'head -c 1M /dev/urandom > r; qemu-img convert -O vmdk -o subformat=streamOptimized r x'],
	['a VHD that grows', 'vpc', 'head -c 1M /dev/urandom > r; qemu-img convert -O vpc r x'],
];
for (const [title, format, script] of made) {
	test(`checkMedium() takes ${title}, and refuses it without its last quarter, and without its last clusters`, async (t) => {
		const folder = scratchFolder(t);
		const ran = await runProgram('sh', ['-ec', `export PATH=/usr/sbin:/sbin:$PATH; ${script}`], {
			cwd: folder,
		});
		t.is(ran.exitCode, 0, ran.stderr);
		const path = join(folder, 'x');
		t.notThrows(() => checkMedium(path, format));
		const { size } = statSync(path);
		for (const left of [Math.floor((size * 3) / 4), Math.max(4096, size - 2 * clusterBytes)]) {
			truncateSync(path, left);
			t.throws(() => checkMedium(path, format), {
				message: /can't be booted: .*its end is missing|a part of one/,
			});
		}
	});
}
