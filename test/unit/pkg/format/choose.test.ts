import { closeSync, openSync, writeSync } from 'node:fs';
import test from 'ava';
import { readVolume } from '../../../../pkg/applet/disks/volume.ts';
import { type Choice, chooseDrive, chooseTarget } from '../../../../pkg/format/choose.ts';
import { layoutFor, sectorZero } from '../../../../pkg/format/layout.ts';
import { bytesOf, diskImage, mebibyte } from '../applet/disks/images.ts';
import { dosTable, holding, volume } from '../applet/disks/made-up-volumes.ts';

const wish = { type: 'ext4', label: '', force: false };
const size = 16 * mebibyte;

function summary(choice: Choice): string {
	return choice.action === 'make' ? `make ${choice.target.name}` : `${choice.action}: ${choice.why}`;
}

test('chooseDrive() takes the first disk that is blank', async (t) => {
	const disk = { path: await diskImage(t, size), sizeBytes: size };
	const unknown = {
		path: await diskImage(t, size, 'printf x | dd of=$disk bs=1 seek=9999 conv=notrunc'),
		sizeBytes: size,
	};
	const volumes = [
		volume('loop', {}, { ...disk, name: 'loop0' }),
		volume('vda', holding('crypto_LUKS'), disk),
		volume('vdb', {}, unknown),
		volume('vdc', {}, { ...disk, readOnly: true }),
		volume('vdd', {}, disk),
		volume('vde', {}, disk),
	];
	t.is(summary(chooseDrive(volumes, wish)), 'make vdd');
	t.like(chooseDrive(volumes.slice(0, 4), wish), {
		action: 'refuse',
		mayCome: true,
		why: `${disk.path} holds crypto_LUKS; ${unknown.path} is not blank: nothing that is known is on it, but its byte 9999 is not zero; ${disk.path} is read-only`,
	});
	t.like(chooseDrive([], wish), { action: 'refuse', why: 'there is no disk', mayCome: true });
});

test('chooseDrive() makes no second file system of the same label', async (t) => {
	const disk = { path: await diskImage(t, size), sizeBytes: size };
	const volumes = [
		volume('vda', {}, disk),
		volume('vdb', dosTable(0x83), disk),
		volume('vdb1', holding('ext4', 'DATA'), disk),
	];
	t.is(
		summary(chooseDrive(volumes, { ...wish, label: 'DATA' })),
		`keep: ${disk.path} holds ext4 with the label "DATA" already`,
	);
	t.is(
		summary(chooseDrive(volumes, { ...wish, type: 'xfs', label: 'DATA' })),
		`refuse: ${disk.path} holds ext4 with the label "DATA" already, and xfs was wished for`,
	);
	t.is(summary(chooseDrive(volumes, { ...wish, label: 'MORE' })), 'make vda');
	t.is(summary(chooseDrive(volumes, wish)), 'make vda');
});

test('chooseDrive() has nothing to do where the only disk was formatted at an earlier boot', async (t) => {
	const disk = { path: await diskImage(t, size), sizeBytes: size };
	const volumes = [volume('vda', dosTable(0x83), disk), volume('vda1', holding('ext4'), disk)];
	t.is(summary(chooseDrive(volumes, wish)), `keep: ${disk.path} holds ext4 already`);
});

test('chooseDrive() begins again what lost its power, and what mkfs has left there', async (t) => {
	const layout = layoutFor(size, 512);
	if (layout === null) return t.fail();
	const path = await diskImage(t, size, 'mke2fs -q -t ext4 -E offset=1048576 $disk 15M 2>/dev/null');
	const fd = openSync(path, 'r+');
	writeSync(fd, sectorZero(layout, null).bytes, 0, 512, 0);
	closeSync(fd);
	const unfinished = volume('vda', dosTable(0x83), { path, sizeBytes: size });
	t.is(summary(chooseDrive([unfinished, volume('vda1', holding('ext4'))], wish)), 'make vda');
	return undefined;
});

test('chooseTarget() takes a partition that is named or numbered, and no other', async (t) => {
	const disk = { path: await diskImage(t, size), sizeBytes: size };
	const volumes = [
		volume('vda', dosTable(0x83, 0x83), disk),
		volume('vda1', holding('xfs', 'KEEP'), disk),
		volume('vda2', {}, disk),
	];
	const [whole, first, second] = volumes;
	if (whole === undefined || first === undefined || second === undefined) return t.fail();
	t.is(summary(chooseTarget(whole, 2, volumes, wish)), 'make vda2');
	t.is(summary(chooseTarget(second, 0, volumes, wish)), 'make vda2');
	t.is(summary(chooseTarget(first, 0, volumes, wish)), `refuse: ${disk.path} holds xfs (label "KEEP")`);
	t.is(
		summary(chooseTarget(whole, 3, volumes, wish)),
		`refuse: ${disk.path} has no partition 3, only: ${disk.path}, ${disk.path}`,
	);
	t.is(summary(chooseTarget(whole, 0, volumes, { ...wish, force: true })), 'make vda');
	return undefined;
});

test('chooseDrive() never chooses a disk with one byte of anything, wherever it is', async (t) => {
	const path = await diskImage(t, size);
	const disk = volume('vda', {}, { path, sizeBytes: size }).device;
	const fd = openSync(path, 'r+');
	// The same places each time: a generator of Park and Miller.
	let state = 20_261_121;
	for (let round = 0; round < 64; round += 1) {
		state = (state * 48_271) % 2_147_483_647;
		const place = state % size;
		writeSync(fd, Buffer.of((state % 255) + 1), 0, 1, place);
		t.is(chooseDrive([readVolume(disk)], wish).action, 'refuse', `byte ${place}`);
		writeSync(fd, Buffer.of(0), 0, 1, place);
	}
	t.is(chooseDrive([readVolume(disk)], wish).action, 'make');
	closeSync(fd);
});

/** Attacks: whoever looks must not write, not one byte. */
for (const [what, command] of [
	[
		'half a GPT',
		"printf 'label: gpt\\n,8M,L\\n' | sfdisk -q $disk; dd if=/dev/zero of=$disk bs=512 seek=1 count=33 conv=notrunc",
	],
	[
		'only the second copy of a GPT',
		"printf 'label: gpt\\n,8M,L\\n' | sfdisk -q $disk; dd if=/dev/zero of=$disk bs=512 count=34 conv=notrunc",
	],
	['a file system without a table', 'mke2fs -q -t ext4 $disk'],
	['an unknown signature in the middle', 'printf signature | dd of=$disk bs=1 seek=8000077 conv=notrunc'],
	['a table without partitions', "printf 'label: dos\\n' | sfdisk -q $disk"],
	[
		'a file system whose magic was wiped',
		'mke2fs -q -t ext4 $disk; dd if=/dev/zero of=$disk bs=1 seek=1080 count=2 conv=notrunc',
	],
] as const) {
	test(`chooseDrive() refuses ${what}, and leaves every byte`, async (t) => {
		const path = await diskImage(t, size, `(${command}) 2>/dev/null`);
		const before = bytesOf(path);
		const { device } = volume('vda', {}, { path, sizeBytes: size });
		t.is(chooseDrive([readVolume(device)], { ...wish, type: 'xfs' }).action, 'refuse');
		t.true(bytesOf(path).equals(before));
	});
}
