import { join } from 'node:path';
import test from 'ava';
import { mountie } from '../../../../pkg/mount/mountie.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { idleHost, refuses } from '../applet/refuses.ts';

test(refuses, mountie, [], 2, /^No mountpoints provided/);
test(refuses, mountie, ['a', 'b', 'c'], 2, /^Too many arguments/);
test(refuses, mountie, ['-label'], 2, /-label/);
test(refuses, mountie, ['/proc/no/folder'], 1, /^Unable to create mountpoint \/proc\/no\/folder: /);

test('mountie makes the mount point, and tells a disk that does not come', async (t) => {
	const place = join(scratchFolder(t), 'a/b');
	const error = await t.throwsAsync(
		async () => await mountie(['-wait', '0', '-label', 'NOBODY', place], idleHost),
	);
	t.is(error.message, 'there is no disk or partition LABEL=NOBODY');
});
