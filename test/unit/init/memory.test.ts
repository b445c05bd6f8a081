import test from 'ava';
import { usualReserveKilobytes } from '../../../init/stages/memory.ts';

test('usualReserveKilobytes() is what mm/page_alloc.c tells of: 16 MB, 512 MB, 1 GB, 4 GB', (t) => {
	const megabytes = [16, 512, 1024, 4096];
	t.deepEqual(
		megabytes.map((each) => usualReserveKilobytes(each * 1024)),
		[512, 2896, 4096, 8192],
	);
	t.is(usualReserveKilobytes(512), 128);
	t.is(usualReserveKilobytes(2 ** 40), 262_144);
});
