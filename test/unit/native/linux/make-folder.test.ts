import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../../../../native/linux/make-folder.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('makeFolder() makes what is missing, twice', (t) => {
	const path = join(scratchFolder(), 'a/b/c');
	makeFolder(path);
	makeFolder(path);
	t.true(statSync(path).isDirectory());
});

test('makeFolder() does not take a file for a folder', (t) => {
	const file = join(scratchFolder(), 'f');
	writeFileSync(file, '');
	t.throws(() => makeFolder(file), { code: 'EEXIST' });
	t.throws(() => makeFolder(join(file, 'x')), { code: 'ENOTDIR' });
});

test("makeFolder() returns where Node's recursive mkdir never does", (t) => {
	t.throws(() => makeFolder('/proc/slipway/x'), { code: 'ENOENT' });
});
