// The cpio archive as GNU cpio extracts it, with owners and devices.

import { lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { archive, entries } from '../../../unit/tools/archive/cpio-entries.ts';

test('cpioArchive() is what GNU cpio extracts: kinds, modes, owners, links, devices, times', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.cpio'), await archive(entries));
	const extracted = await runProgram('sh', ['-c', 'cpio -idm --quiet < a.cpio'], { cwd: folder });
	t.is(extracted.exitCode, 0, extracted.stderr);
	t.is(extracted.stderr, '');
	const at = (path: string) => lstatSync(join(folder, path));
	t.is(at('d').mode & 0o7777, 0o1777);
	t.like(at('d/one'), { uid: 7, gid: 8, nlink: 3, size: 6 });
	t.is(at('d/one').mode & 0o7777, 0o4755);
	t.is(at('d/one').ino, at('d/three').ino);
	t.is(readFileSync(join(folder, 'd/two'), 'utf8'), 'shared');
	t.is(at('d/one').mtimeMs, 1492533000_000);
	t.is(at('d/empty').size, 0);
	t.true(at('d/link').isSymbolicLink());
	t.is(statSync(join(folder, 'd/console')).rdev, 5 * 256 + 1);
	t.true(at('d/vda').isBlockDevice());
	t.true(at('d/fifo').isFIFO());
	t.is(readFileSync(join(folder, 'd/é'), 'utf8'), 'ü');
});
