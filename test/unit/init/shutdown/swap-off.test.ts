import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readSwaps, swapOffAll } from '../../../../init/shutdown/swap-off.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('readSwaps() reads the names of /proc/swaps, also those with blanks', (t) => {
	const file = join(scratchFolder(t), 'swaps');
	writeFileSync(
		file,
		'Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/var/my\\040swap                file\t\t1020\t\t0\t\t-2\n/dev/vdb partition\t5\t0\t-3\n',
	);
	t.deepEqual(readSwaps(file), ['/var/my swap', '/dev/vdb']);
	t.deepEqual(readSwaps('/nowhere'), []);
});

test('swapOffAll() logs swap that stays on, and goes on', (t) => {
	const fake = createFakeNative({
		swapoff: (path: string) => {
			if (path.endsWith('/a')) throw new Error('ENOMEM: not enough memory, swapoff');
		},
	});
	const { log, lines } = fakeLog();
	swapOffAll(fake.native, log, ['/a', '/b'], []);
	t.deepEqual(fake.lines(), ['swapoff /a', 'swapoff /dev/a', 'swapoff /b']);
	t.regex(lines.join(), /\/a is still swapped to: Error: ENOMEM/);
});

test('swapOffAll() finds the swap of a container that is gone on the disks and in /dev', (t) => {
	const fake = createFakeNative({
		swapoff: (path: string) => {
			if (!['/var/external/swap', '/dev/dm-0'].includes(path)) throw new Error(`ENOENT: ${path}`);
		},
	});
	const { log, lines } = fakeLog();
	swapOffAll(fake.native, log, ['/swap', '/dm-0'], ['/var/lib', '/var/external', '/var/more']);
	t.deepEqual(fake.lines(), [
		...['swapoff /swap', 'swapoff /var/lib/swap', 'swapoff /var/external/swap'],
		...['swapoff /dm-0', 'swapoff /var/lib/dm-0', 'swapoff /var/external/dm-0', 'swapoff /var/more/dm-0'],
		'swapoff /dev/dm-0',
	]);
	t.deepEqual(lines, []);
});
