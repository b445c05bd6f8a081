import test from 'ava';
import { bootsAtOnce, mostMemoryMegabytes } from '../../helpers/boots-at-once.ts';
import { bootGuest } from '../../helpers/guest.ts';

test('bootsAtOnce() is two where two processors and the memory of two machines are there', (t) => {
	t.is(bootsAtOnce(2, 3 * mostMemoryMegabytes), 2);
	t.is(bootsAtOnce(16, 65_536), 2);
	t.is(bootsAtOnce(1, 65_536), 1);
	t.is(bootsAtOnce(2, 3 * mostMemoryMegabytes - 1), 1);
	t.is(bootsAtOnce(2, 512), 1, 'a machine that is too small still tries');
});

test('bootGuest() refuses a machine that would not fit beside another', async (t) => {
	const { message } = await t.throwsAsync(bootGuest('none', { memoryMegabytes: mostMemoryMegabytes + 1 }));
	t.regex(message, /^a machine of 2049 MB does not fit beside another: raise mostMemoryMegabytes/);
});
