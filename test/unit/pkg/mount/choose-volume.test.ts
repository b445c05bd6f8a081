import test from 'ava';
import { unfinishedDiskId } from '../../../../pkg/applet/disks/mbr.ts';
import { chooseVolume } from '../../../../pkg/mount/choose-volume.ts';
import { dosTable, holding, volume } from '../applet/disks/made-up-volumes.ts';

const nobody = { device: '', label: '', uuid: '', partition: 0 };
const uuid = '0b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4';
const linux = '0fc63daf-8483-4772-8e79-3d69d8477de4';
const esp = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const gptPart = { guid: uuid, name: '', firstSector: 1, sectors: 1 };
const gptParts = [
	{ ...gptPart, number: 1, type: esp },
	{ ...gptPart, number: 2, type: linux },
];
const unfinished = { mbr: { diskId: unfinishedDiskId, partitions: dosTable(0x83).mbr?.partitions ?? [] } };

const volumes = [
	volume('vda', holding('ext4', 'WHOLE')),
	volume('vdb', dosTable(0x82, 0x83, 0x83)),
	volume('vdb1', holding('ext4')),
	volume('vdb2', holding('crypto_LUKS')),
	volume('vdb3', holding('ext4', 'FIRST')),
	volume('vdc', { gpt: { diskGuid: uuid, partitions: gptParts, damage: null } }),
	volume('vdc1', holding('vfat', 'ESP')),
	volume('vdc2', holding('xfs', 'SECOND', uuid)),
	volume('vdd', unfinished),
	volume('vdd1', holding('ext4', 'HALF')),
];

const chooses = test.macro({
	exec(t, wanted: Partial<typeof nobody>, mounted: readonly string[], path: string) {
		const { found } = chooseVolume({ ...nobody, ...wanted }, volumes, new Set(mounted), '/dev');
		t.is(found !== null && found !== 'several' ? found.device.path : found, path);
	},
	title: (_, wanted, mounted: readonly string[], path) =>
		`chooseVolume() of ${JSON.stringify(wanted)} with ${mounted.length} mounted is ${path}`,
});

test(chooses, {}, [], '/dev/vdb3');
test(chooses, {}, ['/dev/vdb3'], '/dev/vdc2');
test(chooses, { label: 'SECOND' }, [], '/dev/vdc2');
test(chooses, { label: 'WHOLE' }, [], '/dev/vda');
test(chooses, { uuid }, [], '/dev/vdc2');
test(chooses, { device: '/dev/vdc1', label: 'SECOND' }, [], '/dev/vdc1');
test(chooses, { device: '/dev/vdc', partition: 1 }, [], '/dev/vdc1');
test(chooses, { label: 'SECOND', uuid: 'other' }, ['/dev/vdc2'], '/dev/vdc2');
test(chooses, { partition: 2 }, [], '/dev/vdc2');

test('chooseVolume() passes over the partition of which the root under dm-verity is made', (t) => {
	const disk = volume('vda', dosTable(0x0c, 0x83, 0x83));
	const root = volume('vda2', holding('squashfs'), { isHeld: true });
	const choose = (volumes: readonly ReturnType<typeof volume>[]) =>
		chooseVolume(nobody, volumes, new Set<string>(), '/dev');
	t.like(choose([disk, root, volume('vda3', holding('ext4', 'DATA'))]), {
		found: { device: { path: '/dev/vda3' } },
	});
	t.deepEqual(choose([disk, root]), {
		found: null,
		reason: 'No eligible disks found: /dev/vda2 is part of another device',
	});
});

test('chooseVolume() tells why no partition fits', (t) => {
	const reasonOf = (wanted: Partial<typeof nobody>): unknown =>
		chooseVolume({ ...nobody, ...wanted }, volumes, new Set(['/dev/vdb3', '/dev/vdc2']), '/dev');
	t.deepEqual(reasonOf({}), {
		found: null,
		reason:
			'No eligible disks found: /dev/vda holds ext4 (label "WHOLE") and has no partition; /dev/vdb1 is no Linux partition; ' +
			'/dev/vdb2 holds crypto_LUKS; /dev/vdb3 is mounted already; /dev/vdc1 is no Linux partition; ' +
			'/dev/vdc2 is mounted already; the format of /dev/vdd was not finished',
	});
	t.deepEqual(reasonOf({ device: '/dev/vdb', partition: 7 }), {
		found: null,
		reason: '/dev/vdb has no partition 7',
	});
	t.like(reasonOf({ label: 'NOBODY' }), { found: null });
	t.deepEqual(chooseVolume(nobody, [], new Set(), '/dev'), {
		found: null,
		reason: 'No eligible disks found: there is no disk',
	});
});

test('chooseVolume() mounts nothing of a disk whose format was not finished: it will be made anew', (t) => {
	t.deepEqual(chooseVolume({ ...nobody, label: 'HALF' }, volumes, new Set(), '/dev'), {
		found: null,
		reason: 'the format of /dev/vdd was not finished',
	});
});
