import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { diskBelow } from '../../../../init/root/disk-below.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** Makes a /sys in which each device has the disks below it, by their numbers. */
function sysfs(t: ExecutionContext, devices: Readonly<Record<string, readonly string[]>>): string {
	const folder = scratchFolder(t);
	for (const [numbers, below] of Object.entries(devices)) {
		const slaves = join(folder, 'dev/block', numbers, 'slaves');
		mkdirSync(slaves, { recursive: true });
		for (const [index, each] of below.entries()) {
			mkdirSync(join(slaves, `vd${index}`));
			writeFileSync(join(slaves, `vd${index}/dev`), `${each}\n`);
		}
	}
	return folder;
}

test('diskBelow() goes down to the disk', (t) => {
	const folder = sysfs(t, { '253:1': ['253:0'], '253:0': ['254:0'], '254:0': [] });
	t.is(diskBelow('253:1', folder), '254:0');
	t.is(diskBelow('254:0', folder), '254:0');
});

test('diskBelow() leaves a device with several disks, and one that /sys does not have', (t) => {
	const folder = sysfs(t, { '253:0': ['254:0', '254:16'], '253:1': ['253:1'] });
	t.is(diskBelow('253:0', folder), '253:0');
	t.is(diskBelow('7:0', folder), '7:0');
	t.is(diskBelow('253:1', folder), '253:1', 'ends also in a loop');
});
