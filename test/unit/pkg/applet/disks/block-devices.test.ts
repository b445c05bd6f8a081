import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isOrdinaryDisk, listBlockDevices } from '../../../../../pkg/applet/disks/block-devices.ts';
import { madeUpSystem } from './sysfs.ts';

test('listBlockDevices() tells disks and partitions, vda2 before vda10', (t) => {
	const parts = [10, 2].map((number) => ({ number, start: 2048 * number, sectors: 100 }));
	const folders = madeUpSystem(t, [
		{ name: 'vda', sectors: 4096, partitions: parts },
		{ name: 'nvme0n1', sectors: 800, logicalBlockBytes: 4096, readOnly: true },
	]);
	const devices = listBlockDevices(folders);
	t.deepEqual(
		devices.map(({ name }) => name),
		['nvme0n1', 'vda', 'vda2', 'vda10'],
	);
	t.deepEqual(devices[0], {
		name: 'nvme0n1',
		path: join(folders.dev, 'nvme0n1'),
		sizeBytes: 800 * 512,
		sectorBytes: 4096,
		readOnly: true,
		isHeld: false,
		partition: null,
	});
	t.deepEqual(devices[2]?.partition, { disk: 'vda', number: 2, startBytes: 4096 * 512 });
});

test('listBlockDevices() knows a partition of which another device is made', (t) => {
	const partitions = [
		{ number: 1, start: 1, sectors: 1 },
		{ number: 2, start: 2, sectors: 1, holder: 'dm-0' },
	];
	const folders = madeUpSystem(t, [{ name: 'vda', sectors: 4, partitions }]);
	t.deepEqual(
		listBlockDevices(folders).map(({ name, isHeld }) => [name, isHeld]),
		[
			['vda', false],
			['vda1', false],
			['vda2', true],
		],
	);
});

test('listBlockDevices() passes over a device that goes away meanwhile', (t) => {
	const folders = madeUpSystem(t, [
		{ name: 'vda', sectors: 1 },
		{ name: 'vdb', sectors: 1 },
	]);
	rmSync(join(folders.sys, 'devices/vdb/size'));
	symlinkSync('nowhere', join(folders.sys, 'class/block/vdc'));
	t.deepEqual(
		listBlockDevices(folders).map(({ name }) => name),
		['vda'],
	);
});

test('isOrdinaryDisk() leaves out memory, loops, drives without a medium and what is made of disks', (t) => {
	const names = [
		'vda',
		'sda',
		'sdaa',
		'nvme0n1',
		'xvda',
		'mmcblk0',
		'loop0',
		'nbd0',
		'ram0',
		'zram0',
		'sr0',
		'fd0',
	];
	const more = ['dm-0', 'md0', 'mmcblk0boot0', 'mmcblk0rpmb', 'mtdblock0'];
	const folders = madeUpSystem(
		t,
		[...names, ...more].map((name) => ({ name, sectors: 2048 })),
	);
	const ordinary = listBlockDevices(folders).filter(isOrdinaryDisk);
	t.deepEqual(ordinary.map(({ name }) => name).sort(), ['mmcblk0', 'nvme0n1', 'sda', 'sdaa', 'vda', 'xvda']);
	const empty = madeUpSystem(t, [{ name: 'sdb', sectors: 0 }]);
	t.deepEqual(listBlockDevices(empty).filter(isOrdinaryDisk), []);
});
