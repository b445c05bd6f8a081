import {
	closeSync,
	mkdirSync,
	openSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkMedium } from '../../../../tools/machine/check-medium.ts';
import { neededLength } from '../../../../tools/machine/medium-length.ts';
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

/** Bytes with some of them at their places. */
function sparse(
	path: string,
	sizeBytes: number,
	parts: readonly (readonly [at: number, bytes: Buffer])[],
): void {
	writeFileSync(path, '');
	truncateSync(path, sizeBytes);
	const file = openSync(path, 'r+');
	for (const [at, bytes] of parts) writeSync(file, bytes, 0, bytes.length, at);
	closeSync(file);
}

const word32 = (value: number): Buffer =>
	Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255, 0]);
const efiProgram: [at: number, bytes: Buffer][] = [
	[0, Buffer.from('MZ')],
	[0x3c, word32(65_530)],
	[65_530, Buffer.from('PE\0\0')],
];

test('checkMedium() looks at no table of an image that has more than a disk can need', (t) => {
	const path = join(scratchFolder(t), 'x');
	const header = Buffer.alloc(512);
	header.write('QFI\xfb\0\0\0\x02', 'latin1');
	header.writeUInt32BE(21, 20);
	header.writeUInt32BE(4_000_000, 36);
	header.writeBigUInt64BE(2n ** 21n, 40);
	const first = Buffer.alloc(32_000_000);
	// Each a sector after the one before, so that all are in the file.
	for (let at = 0; at < first.length; at += 8) first.writeBigUInt64BE(2n ** 25n + BigInt(at * 64), at);
	sparse(path, 2 ** 32, [
		[0, header],
		[2 ** 21, first],
	]);
	t.throws(() => checkMedium(path, 'qcow2'), { message: /its end is missing/ });
	const vmdk = Buffer.alloc(512);
	vmdk.write('KDMV');
	vmdk.writeBigUInt64LE(2n ** 40n, 12);
	vmdk.writeBigUInt64LE(128n, 20);
	vmdk.writeUInt32LE(2 ** 25, 44);
	vmdk.writeBigUInt64LE(8n, 56);
	sparse(path, 2 ** 30, [[0, vmdk]]);
	t.notThrows(() => neededLength(path, 'vmdk'));
});

test('neededLength() takes the heads of cut files for what they are', (t) => {
	const path = join(scratchFolder(t), 'x');
	sparse(path, 700, [[0, Buffer.from('KDMV')]]);
	t.is(neededLength(path, 'vmdk'), 1024);
	sparse(path, 65_536, efiProgram);
	t.is(neededLength(path, 'raw'), 0);
});

test('neededLength() takes the code of a floppy disk for no partitions', (t) => {
	const path = join(scratchFolder(t), 'x');
	const code = Buffer.alloc(64, 0xcd);
	const marks = [[510, Buffer.from([0x55, 0xaa])]] as const;
	sparse(path, 1_474_560, [[446, code], ...marks]);
	t.is(neededLength(path, 'raw'), 0);
	code.fill(0);
	code[0] = 0x80;
	code[4] = 0x83;
	code.writeUInt32LE(9000, 12);
	sparse(path, 1_474_560, [[446, code], ...marks]);
	t.is(neededLength(path, 'raw'), 9000 * 512);
});
