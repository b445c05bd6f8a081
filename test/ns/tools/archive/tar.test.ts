// The tar archive as GNU tar extracts it, with owners and devices.

import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { archive, entries, longName } from '../../../unit/tools/archive/tar-entries.ts';

test('tarArchive() is what GNU tar extracts: kinds, modes, owners, links, devices, times, attributes', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.tar'), await archive(entries));
	const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', 'a.tar'];
	const extracted = await runProgram('tar', options, { cwd: folder });
	t.is(extracted.exitCode, 0, extracted.stderr);
	t.is(extracted.stderr, '');
	const at = (path: string) => lstatSync(join(folder, path));
	t.is(at('d').mode & 0o7777, 0o1777);
	t.like(at('d/one'), { uid: 7, gid: 8, nlink: 2, size: 6 });
	t.is(at('d/one').mode & 0o7777, 0o4755);
	t.is(at('d/one').ino, at('d/two').ino);
	t.is(at('d/one').mtimeMs, 1492533000_000);
	t.is(readFileSync(join(folder, longName), 'utf8'), 'long');
	t.like(at('d/é'), { uid: 3_000_000, gid: 2_097_152, size: 1000 });
	t.true(at('d/link').isSymbolicLink());
	t.is(at('d/console').rdev, 5 * 256 + 1);
	t.true(at('d/vda').isBlockDevice());
	t.true(at('d/fifo').isFIFO());
	const capabilities = await runProgram('getcap', [join(folder, 'd/ping')]);
	t.regex(capabilities.stdout, /cap_setuid,cap_net_raw[+=]ep/);
});
