import { tmpdir } from 'node:os';
import test from 'ava';
import { missingFor, useOrdinaryFolder } from '../../helpers/suite-needs.ts';

test('missingFor() asks for root only where a suite needs it', (t) => {
	t.is(missingFor('ns', 1000), 'the ns suite needs root: run it with sudo');
	t.is(missingFor('unit', 1000), null);
});

test.serial('missingFor() names the programs that are not installed', (t) => {
	const path = process.env['PATH'];
	process.env['PATH'] = '/nowhere';
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	t.regex(missingFor('vm', 1000) ?? '', /^the vm suite needs .*qemu-system-x86_64/);
});

test('useOrdinaryFolder() takes another folder for one where devices do not work, or names both', (t) => {
	const chosen = (options: Readonly<Record<string, string>>) => {
		const env: NodeJS.ProcessEnv = {};
		return [useOrdinaryFolder((folder) => options[folder] ?? '', env), env['TMPDIR']] as const;
	};
	const held = 'rw,nosuid,nodev,relatime\n';
	t.deepEqual(chosen({ [tmpdir()]: 'rw,relatime\n', '/var/tmp': held }), [null, undefined]);
	t.deepEqual(chosen({}), [null, undefined], 'what is not known is tried');
	t.deepEqual(chosen({ [tmpdir()]: held }), [null, '/var/tmp']);
	t.regex(chosen({ [tmpdir()]: held, '/var/tmp': held })[0] ?? '', /needs a folder .* set TMPDIR/);
});

test('a test and what it starts have no compile cache of the runner', (t) => {
	t.is(process.env['NODE_COMPILE_CACHE'], undefined);
});
