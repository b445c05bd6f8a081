import test from 'ava';
import { missingFor } from '../../helpers/suite-needs.ts';

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
