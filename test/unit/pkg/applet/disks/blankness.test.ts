import { closeSync, openSync, writeSync } from 'node:fs';
import test from 'ava';
import { findUsedByte } from '../../../../../pkg/applet/disks/blankness.ts';
import { diskImage, mebibyte, readImage } from './images.ts';

const large = 1024 * mebibyte;

test('findUsedByte() finds none on a blank disk, small or large, or empty', async (t) => {
	for (const size of [0, 512, 5 * mebibyte, 5 * mebibyte + 512, large, large + 512]) {
		t.is(readImage(await diskImage(t, size), findUsedByte), null, String(size));
	}
});

const finds = test.macro({
	async exec(t, size: number, place: number) {
		const disk = await diskImage(t, size);
		const fd = openSync(disk, 'r+');
		writeSync(fd, Buffer.of(1), 0, 1, place);
		closeSync(fd);
		t.is(readImage(disk, findUsedByte), place);
	},
	title: (_, size, place) => `findUsedByte() of ${size} bytes sees byte ${place}`,
});

for (const place of [0, 511, 4096, 8 * mebibyte - 1, large - 8 * mebibyte, large - 1])
	test(finds, large, place);
// These places have copies of superblocks: btrfs, ext4's first group, XFS' second and third allocation group.
for (const place of [64 * mebibyte + 64, 128 * mebibyte, large / 4, large / 2]) test(finds, large, place);
// All of a small one.
for (const place of [20 * mebibyte + 77, 33_333_333, 64 * mebibyte - 1]) test(finds, 64 * mebibyte, place);

test('findUsedByte() sees every file system, also one whose first and last megabyte are wiped', async (t) => {
	const makers = [
		...['mke2fs -q -t ext4 $disk', 'mke2fs -q -t ext4 -b 1024 $disk', 'mkfs.xfs -q $disk'],
		...['mkfs.btrfs -q $disk', 'mkfs.fat -F 32 $disk >&2'],
	];
	for (const maker of makers) {
		const wipe = `
			dd if=/dev/zero of=$disk bs=1M count=1 conv=notrunc status=none
			dd if=/dev/zero of=$disk bs=1M count=1 seek=1023 conv=notrunc status=none`;
		const disk = await diskImage(t, large, `${maker}; ${wipe}`);
		t.not(readImage(disk, findUsedByte), null, maker);
	}
});
