// On files: the kernel's part, which shows the partition, is a stand-in; test/vm/disks.test.ts has the real one.

import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { readContents } from '../../../../pkg/applet/disks/contents.ts';
import { isUnfinished, layoutFor } from '../../../../pkg/format/layout.ts';
import { makeInPlace, makePartition } from '../../../../pkg/format/make-partition.ts';
import { diskImage, mebibyte, readImage } from '../applet/disks/images.ts';
import { volume } from '../applet/disks/made-up-volumes.ts';

const size = 16 * mebibyte;

async function setUp(t: Parameters<typeof diskImage>[0], command = '') {
	const path = await diskImage(t, size, command);
	const partPath = join(dirname(path), 'partition.img');
	renameSync(await diskImage(t, size - mebibyte), partPath);
	const disk = volume('vda', {}, { path, sizeBytes: size }).device;
	const partition = volume('vda1', {}, { path: partPath, sizeBytes: size - mebibyte }).device;
	const layout = layoutFor(size, 512);
	if (layout === null) throw new Error('too small');
	const unfinished = (): boolean => readImage(path, (reader) => isUnfinished(reader.read(0, 512), layout));
	return { disk, partition, layout, unfinished };
}

test('makePartition() finishes the table only when the file system is done', async (t) => {
	const { disk, partition, layout, unfinished } = await setUp(t);
	const steps: string[] = [];
	const made = await makePartition(disk, layout, false, {
		native: { rereadPartitions: () => void steps.push(`reread, unfinished ${unfinished()}`) },
		listDevices: () => [disk, partition],
		makeFileSystem: (device) => void steps.push(`mkfs ${device}, unfinished ${unfinished()}`),
		waitMs: 0,
	});
	t.is(made, partition);
	t.deepEqual(steps, ['reread, unfinished true', `mkfs ${partition.path}, unfinished true`]);
	t.false(unfinished());
	const { mbr } = readImage(disk.path, readContents);
	t.deepEqual(mbr?.partitions, [{ number: 1, type: 0x83, firstSector: 2048, sectors: 30_720 }]);
});

test('makePartition() leaves the disk unfinished when mkfs fails, and when no partition comes', async (t) => {
	const { disk, partition, layout, unfinished } = await setUp(t);
	const parts = {
		native: { rereadPartitions: () => undefined },
		listDevices: () => [disk, partition],
		makeFileSystem: () => {
			throw new Error('mkfs failed');
		},
		waitMs: 0,
	};
	await t.throwsAsync(makePartition(disk, layout, false, parts), { message: 'mkfs failed' });
	t.true(unfinished());
	const old = { ...partition, sizeBytes: mebibyte };
	await t.throwsAsync(makePartition(disk, layout, false, { ...parts, listDevices: () => [disk, old] }), {
		message: `${disk.path} has its partition table, but the kernel shows no partition of it`,
	});
});

test('makePartition() wipes what is given up', async (t) => {
	const { disk, partition, layout } = await setUp(t, "printf 'label: gpt\\n,8M,L\\n' | sfdisk -q $disk");
	await makePartition(disk, layout, true, {
		native: { rereadPartitions: () => undefined },
		listDevices: () => [partition],
		makeFileSystem: () => undefined,
		waitMs: 0,
	});
	const { gpt, findings } = readImage(disk.path, readContents);
	t.deepEqual({ gpt, findings }, { gpt: null, findings: [] });
});

test('makeInPlace() tells a device that is not there', (t) => {
	const { device } = volume('vda1', {}, { path: '/nonexistent/vda1' });
	t.throws(() => makeInPlace(device, () => t.fail()), {
		message: /\/nonexistent\/vda1 can't be written: .*ENOENT/,
	});
});
