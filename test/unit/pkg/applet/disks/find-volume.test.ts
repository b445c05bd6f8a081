import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { encodeLinkName, findVolume } from '../../../../../pkg/applet/disks/find-volume.ts';
import { fileSystemOf, readVolume } from '../../../../../pkg/applet/disks/volume.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { dosTable, holding, volume } from './made-up-volumes.ts';

const uuid = '0b6ce5e1-6cb4-4bf3-b1e2-5f26d1a2c3d4';
const gptPart = {
	number: 1,
	type: 'x',
	guid: uuid.replace('0', '1'),
	name: 'root',
	firstSector: 1,
	sectors: 1,
};
const volumes = [
	volume('vda', dosTable(0x83)),
	volume('vda1', holding('ext4', 'my data', uuid)),
	volume('vdb', { gpt: { diskGuid: uuid, partitions: [gptPart], damage: null } }),
	volume('vdb1', holding('vfat', 'BOOT', '1234-ABCD')),
	volume('vdc', holding('xfs', 'whole')),
	volume('vdd', holding('xfs', 'twice')),
	volume('vde', holding('ext4', 'twice')),
	volume('vdf', holding('btrfs', 'pair', uuid)),
	volume('vdg', holding('btrfs', 'pair', uuid)),
	volume('vdh', { ...holding('ext4', 'left over'), ...dosTable(0x83) }),
	volume('vdi', { ...holding('iso9660', 'hybrid'), ...dosTable(0x17) }),
	volume('vdj', holding('swap', 'not mountable')),
];

const finds = test.macro({
	exec(t, name: string, path: string) {
		const { found } = findVolume(name, volumes, '/nonexistent-dev');
		t.is(found !== null && found !== 'several' ? found.device.path : found, path);
	},
	title: (_, name, path) => `findVolume() finds ${name} at ${path}`,
});

test(finds, '/dev/vda1', '/dev/vda1');
test(finds, 'LABEL=my data', '/dev/vda1');
test(finds, 'LABEL="my data"', '/dev/vda1');
test(finds, 'LABEL=whole', '/dev/vdc');
test(finds, 'LABEL=hybrid', '/dev/vdi');
test(finds, `UUID=${uuid.toUpperCase()}`, 'several');
test(finds, 'UUID=1234-abcd', '/dev/vdb1');
test(finds, 'PARTUUID=abcdef01-01', '/dev/vda1');
test(finds, `PARTUUID=${gptPart.guid}`, '/dev/vdb1');
test(finds, 'PARTLABEL=root', '/dev/vdb1');
test(finds, 'LABEL=pair', '/dev/vdf');
test(finds, '/nonexistent-dev/disk/by-label/my\\x20data', '/dev/vda1');
test(finds, '/dev/disk/by-partuuid/abcdef01-01', '/dev/vda1');

test('findVolume() tells what is not there, and what is there twice', (t) => {
	const reasonOf = (name: string): unknown => findVolume(name, volumes, '/dev');
	t.deepEqual(reasonOf('LABEL=left over'), {
		found: null,
		reason: 'there is no disk or partition LABEL=left over',
	});
	t.like(reasonOf('LABEL=not mountable'), { found: null });
	t.like(reasonOf('/dev/nowhere'), { found: null });
	t.deepEqual(reasonOf('LABEL=twice'), {
		found: 'several',
		reason: 'LABEL=twice is the name of several: /dev/vdd, /dev/vde. Name one of them by its path or UUID.',
	});
});

test('findVolume() follows a link, and takes a name without its folder', (t) => {
	const dev = scratchFolder(t);
	writeFileSync(join(dev, 'vda'), '');
	mkdirSync(join(dev, 'disk'));
	symlinkSync('../vda', join(dev, 'disk/mine'));
	const there = [volume('vda', {}, { path: join(dev, 'vda') })];
	for (const name of [join(dev, 'disk/mine'), 'vda', 'disk/mine']) {
		t.like(findVolume(name, there, dev), { found: there[0] }, name);
	}
});

test("encodeLinkName() writes names as udev's links do", (t) => {
	t.is(encodeLinkName('my data/1\\'), 'my\\x20data\\x2f1\\x5c');
	t.is(encodeLinkName('DATA-1_2.3'), 'DATA-1_2.3');
});

test('fileSystemOf() is none where signatures contradict each other, and of an outer journal', (t) => {
	const findings = [...holding('ext4').findings, ...holding('swap').findings];
	t.is(fileSystemOf(volume('vda', { findings })), null);
	t.is(fileSystemOf(volume('vda', holding('jbd'))), null);
});

test('readVolume() tells why a device can not be read', (t) => {
	const { contents, problem } = readVolume(volume('vda', {}, { path: '/nonexistent' }).device);
	t.is(contents, null);
	t.regex(problem, /ENOENT/);
});
