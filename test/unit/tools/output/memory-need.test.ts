import test from 'ava';
import { neededForImage, neededMegabytes } from '../../../../tools/output/memory-need.ts';

const megabyte = 2 ** 20;
const small = { unpacked: { bytes: 10 * megabyte, entries: 100 }, initrdBytes: 4 * megabyte };
const large = { unpacked: { bytes: 1000 * megabyte, entries: 10_000 }, initrdBytes: 400 * megabyte };
const ramfs = 'console=ttyS0 rootfstype=ramfs';

test('neededMegabytes() of a small tree is what runs, of a large one what is unpacked', (t) => {
	const smallNeed = neededMegabytes({ ...small, commandLine: ramfs });
	t.is(neededMegabytes({ ...small, initrdBytes: 5 * megabyte, commandLine: ramfs }), smallNeed);
	const largeNeed = neededMegabytes({ ...large, commandLine: ramfs });
	t.true(largeNeed > 1400 && largeNeed < 1500, String(largeNeed));
});

test('neededMegabytes() counts the tree twice where it may take half of the memory', (t) => {
	const need = neededMegabytes({ ...large, commandLine: '' });
	t.true(need > 2400 && need < 2500, String(need));
	t.is(need, neededMegabytes({ ...large, commandLine: `${ramfs} rootfstype=tmpfs` }));
});

test('neededMegabytes() is in steps of 8 MB, and grows with the number of files', (t) => {
	const need = neededMegabytes({ ...large, commandLine: ramfs });
	t.is(need % 8, 0);
	const unpacked = { ...large.unpacked, entries: 110_000 };
	t.true(neededMegabytes({ ...large, unpacked, commandLine: ramfs }) >= need + 96);
});

test('neededForImage() fits the Redis OS: 264 MB boots, 256 MB does not', (t) => {
	t.is(neededForImage({ imageBytes: 97_300_000, initrdBytes: 98_400_000 }), 264);
});
