import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
	checkPrivate,
	checkSocketLength,
	machineBasePaths,
	machineBases,
} from '../../../../tools/machine/machine-directories.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('machineBasePaths() follows the XDG variables, and ignores relative ones', (t) => {
	const bases = machineBasePaths({ XDG_RUNTIME_DIR: '/r', XDG_STATE_HOME: '/s' }, 7);
	t.deepEqual(bases, { runtime: '/r/slipway', state: '/s/slipway' });
	t.regex(machineBasePaths({ XDG_STATE_HOME: 's' }, 7).state, /^\/.*\/\.local\/state\/slipway$/);
});

test('machineBasePaths() of two users without a runtime directory differ', (t) => {
	// No user has these numbers, so /run/user has no directory of theirs.
	const [a, b] = [4_000_000_001, 4_000_000_002].map((uid) => machineBasePaths({}, uid).runtime);
	t.is(a, '/tmp/slipway-4000000001');
	t.not(a, b);
});

test('machineBases() creates directories of the user alone', (t) => {
	const folder = scratchFolder();
	const bases = machineBases({ XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') });
	for (const path of [bases.runtime, bases.state]) t.is(statSync(path).mode & 0o777, 0o700);
});

test('checkPrivate() refuses a directory that others can open, and a link', (t) => {
	const open = join(scratchFolder(), 'open');
	mkdirSync(open);
	chmodSync(open, 0o755);
	t.throws(() => checkPrivate(open), { message: /must be a directory of your own/ });
	chmodSync(open, 0o700);
	t.notThrows(() => checkPrivate(open));
	symlinkSync(open, `${open}-link`);
	t.throws(() => checkPrivate(`${open}-link`), { message: /must be a directory of your own/ });
});

test('checkSocketLength() says by how much a path is too long', (t) => {
	t.notThrows(() => checkSocketLength(`/${'a'.repeat(93)}`));
	t.throws(() => checkSocketLength(`/${'a'.repeat(95)}`), { message: /is 2 bytes too long/ });
});

test('machineBases() names the variable when a directory can not be created', (t) => {
	const file = join(scratchFolder(), 'file');
	writeFileSync(file, '');
	t.throws(() => machineBases({ XDG_RUNTIME_DIR: scratchFolder(), XDG_STATE_HOME: file }), {
		message: /^The directory .*\/file\/slipway, .* can't be created \(.*Set XDG_STATE_HOME to a directory/,
	});
	// Node's own recursive mkdir never returns from there.
	t.throws(() => machineBases({ XDG_RUNTIME_DIR: scratchFolder(), XDG_STATE_HOME: '/proc/nowhere/state' }), {
		message: /^The directory \/proc\/nowhere\/state\/slipway, .* can't be created \(ENOENT/,
	});
});
