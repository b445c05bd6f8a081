import { closeSync, openSync, writeSync } from 'node:fs';
import test from 'ava';
import { readContents } from '../../../../pkg/applet/disks/contents.ts';
import {
	isUnfinished,
	layoutFor,
	sectorZero,
	tableWrites,
	type Write,
	wipeWrites,
} from '../../../../pkg/format/layout.ts';
import { diskImage, mebibyte, readImage, sayOf } from '../applet/disks/images.ts';

const ids = {
	diskId: 0x12345678,
	diskGuid: '0b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4',
	partitionGuid: '1b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4',
};
const terabyte = 2 ** 40;

function write(disk: string, writes: readonly Write[]): void {
	const fd = openSync(disk, 'r+');
	for (const { offset, bytes } of writes) writeSync(fd, bytes, 0, bytes.length, offset);
	closeSync(fd);
}

test("layoutFor() makes sfdisk's own table: one Linux partition from 1 MiB to the end", async (t) => {
	const size = 64 * mebibyte + 512;
	const disk = await diskImage(t, size);
	const layout = layoutFor(size, 512);
	if (layout === null) return t.fail();
	write(disk, [sectorZero(layout, null), ...tableWrites(layout, ids), sectorZero(layout, ids.diskId)]);
	const theirs = await diskImage(
		t,
		size,
		"printf ';' | sfdisk -q $disk; sfdisk -q --disk-id $disk 0x12345678",
	);
	const [ours, made] = [await sayOf('sfdisk', ['-d', disk]), await sayOf('sfdisk', ['-d', theirs])];
	t.is(ours.replaceAll(disk, 'disk'), made.replaceAll(theirs, 'disk'));
	return undefined;
});

test('layoutFor() takes a GPT where a DOS table ends: from 2 TiB on, or 16 TiB with large sectors', async (t) => {
	t.is(layoutFor(2 * terabyte - 512, 512)?.table, 'dos');
	t.is(layoutFor(2 * terabyte, 512)?.table, 'gpt');
	t.is(layoutFor(2 * terabyte, 4096)?.table, 'dos');
	t.is(layoutFor(16 * terabyte, 4096)?.table, 'gpt');
	const size = 2 * terabyte;
	const disk = await diskImage(t, size);
	const layout = layoutFor(size, 512);
	if (layout === null) return t.fail();
	write(disk, [sectorZero(layout, null), ...tableWrites(layout, ids), sectorZero(layout, ids.diskId)]);
	t.regex(await sayOf('sfdisk', ['--verify', disk]), /No errors detected/);
	const contents = readImage(disk, readContents);
	t.is(contents.gpt?.damage, null);
	t.like(contents.gpt?.partitions[0], { number: 1, firstSector: 2048, sectors: 2 ** 32 - 4096 });
	t.is(contents.mbr?.diskId, 0);
	return undefined;
});

test('layoutFor() refuses a disk that is too small', (t) => {
	t.is(layoutFor(4 * mebibyte - 512, 512), null);
	t.not(layoutFor(4 * mebibyte, 512), null);
});

test('isUnfinished() from the first write to the last, and of no table that others make', async (t) => {
	for (const size of [64 * mebibyte, 2 * terabyte]) {
		const disk = await diskImage(t, size);
		const layout = layoutFor(size, 512);
		if (layout === null) return t.fail();
		const unfinished = (): boolean => readImage(disk, (reader) => isUnfinished(reader.read(0, 512), layout));
		t.false(unfinished());
		for (const each of [sectorZero(layout, null), ...wipeWrites(layout), ...tableWrites(layout, ids)]) {
			write(disk, [each]);
			t.true(unfinished());
		}
		write(disk, [sectorZero(layout, ids.diskId)]);
		t.false(unfinished());
	}
	const other = layoutFor(65 * mebibyte, 512);
	const layout = layoutFor(64 * mebibyte, 512);
	if (other === null || layout === null) return t.fail();
	t.false(isUnfinished(sectorZero(other, null).bytes, layout), 'a disk of another size');
	return undefined;
});

test('wipeWrites() ends all tables and signatures of before', async (t) => {
	const size = 300 * mebibyte;
	for (const maker of [
		"printf 'label: gpt\\n,8M,L\\n,,L\\n' | sfdisk -q $disk",
		...['mke2fs -q -t ext4 $disk', 'mkfs.xfs -q $disk', 'mkswap -q $disk', 'mkfs.btrfs -q $disk'],
	]) {
		const disk = await diskImage(t, size, maker);
		const layout = layoutFor(size, 512);
		if (layout === null) return t.fail();
		write(disk, [sectorZero(layout, null), ...wipeWrites(layout), sectorZero(layout, ids.diskId)]);
		const { findings, mbr, gpt } = readImage(disk, readContents);
		t.deepEqual(
			{ findings, gpt, parts: mbr?.partitions.length },
			{ findings: [], gpt: null, parts: 1 },
			maker,
		);
	}
	return undefined;
});
