import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { endThrashing, usualReserveKilobytes, whyLeftAlone } from '../../../../../init/boot/stages/memory.ts';
import { scratchFolder } from '../../../../helpers/scratch-folder.ts';

test('usualReserveKilobytes() agrees with mm/page_alloc.c for 16 MB, 512 MB, 1 GB, 4 GB', (t) => {
	const megabytes = [16, 512, 1024, 4096];
	t.deepEqual(
		megabytes.map((each) => usualReserveKilobytes(each * 1024)),
		[512, 2896, 4096, 8192],
	);
	t.is(usualReserveKilobytes(512), 128);
	t.is(usualReserveKilobytes(2 ** 40), 262_144);
});

test('whyLeftAlone() leaves out large machines, and those whose command line decides', (t) => {
	const gigabyte = 1024 * 1024;
	t.is(whyLeftAlone('console=ttyS0', gigabyte), null);
	t.is(whyLeftAlone('no_transparent_hugepage=never', gigabyte), null);
	t.regex(whyLeftAlone('quiet transparent_hugepage=always\n', gigabyte) ?? '', /names transparent_hugepage=/);
	t.is(whyLeftAlone('', 4 * gigabyte), 'there is plenty');
	t.is(whyLeftAlone('', Number.NaN), 'there is plenty', 'unknown');
});

test('endThrashing() turns the generations on with a second, unless someone has chosen or the kernel has none', (t) => {
	const folder = scratchFolder();
	const [enabled, kept] = [join(folder, 'enabled'), join(folder, 'min_ttl_ms')];
	endThrashing(folder);
	t.deepEqual(readdirSync(folder), []);
	writeFileSync(enabled, '0x0007\n');
	endThrashing(folder);
	t.deepEqual(readdirSync(folder), ['enabled']);
	writeFileSync(enabled, '0x0000\n');
	endThrashing(folder);
	t.is(readFileSync(enabled, 'utf8'), 'y');
	t.is(readFileSync(kept, 'utf8'), '1000');
});
