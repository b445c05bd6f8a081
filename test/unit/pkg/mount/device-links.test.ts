import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeDeviceLinks } from '../../../../pkg/mount/device-links.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { holding, volume } from '../applet/disks/made-up-volumes.ts';

test('makeDeviceLinks() makes the links that udev would, again and again', (t) => {
	const dev = scratchFolder(t);
	mkdirSync(join(dev, 'disk/by-label'), { recursive: true });
	symlinkSync('../../gone', join(dev, 'disk/by-label/DATA'));
	const volumes = [
		volume('vda1', holding('ext4', 'DATA', '1-2')),
		volume('vdb', holding('vfat', '../x y', '')),
	];
	t.deepEqual(makeDeviceLinks(volumes, dev), []);
	t.deepEqual(makeDeviceLinks(volumes, dev), []);
	t.is(readlinkSync(join(dev, 'disk/by-uuid/1-2')), '../../vda1');
	t.is(readlinkSync(join(dev, 'disk/by-label/DATA')), '../../vda1');
	t.is(readlinkSync(join(dev, 'disk/by-label/..\\x2fx\\x20y')), '../../vdb');
	t.deepEqual(readdirSync(dev), ['disk']);
});

test('makeDeviceLinks() tells what it could not make', (t) => {
	const dev = scratchFolder(t);
	writeFileSync(join(dev, 'disk'), 'in the way');
	const problems = makeDeviceLinks([volume('vda1', holding('ext4', 'DATA'))], dev);
	t.is(problems.length, 1);
	t.regex(problems[0] ?? '', /^no link by-label\/DATA in .*: /);
});
