// What the calls do to real devices is shown by test/vm/applets.test.ts (swap --encrypt).

import { closeSync, openSync } from 'node:fs';
import test from 'ava';
import type { Native } from '../../../native/native.ts';
import { openAddon } from '../../helpers/addon.ts';
import { failureOf } from './failure-of.ts';

const native = await openAddon();
const target = { type: 'crypt', lengthSectors: 8, parameters: 'none' };

const reports = test.macro({
	exec(t, call: (native: Native, fd: number) => unknown, expected: string) {
		const fd = openSync('/dev/null', 'r');
		t.teardown(() => closeSync(fd));
		t.is(
			failureOf(() => call(native, fd)),
			expected,
		);
	},
	title: (_, call) =>
		`block devices: ${/native\.(\w+\([^)]*)/.exec(String(call))?.[1]}) reports what is none`,
});

test(reports, (native, fd) => native.rereadPartitions(fd), 'ioctl: ENOTTY');
test(reports, (native, fd) => native.loopFree(fd), 'ioctl: ENOTTY');
test(reports, (native, fd) => native.loopConfigure(fd, fd, 0), 'ioctl: ENOTTY');
test(reports, (native, fd) => native.dmCreate(fd, 'swap'), 'ioctl swap: ENOTTY');
test(reports, (native, fd) => native.dmLoad(fd, 'swap', target), 'ioctl swap: ENOTTY');
test(reports, (native, fd) => native.dmResume(fd, 'swap'), 'ioctl swap: ENOTTY');
test(reports, (native, fd) => native.dmRemove(fd, 'swap', 0), 'ioctl swap: ENOTTY');

test('dmCreate() and dmLoad() refuse what the kernel has no room for', (t) => {
	const argument = (call: () => unknown): string | undefined =>
		t.throws(call, { code: 'ERR_INVALID_ARG' })?.message;
	t.regex(argument(() => native.dmCreate(0, 'n'.repeat(128))) ?? '', /^name must be shorter than 128 bytes/);
	const long = { ...target, type: 't'.repeat(16) };
	t.regex(argument(() => native.dmLoad(0, 'swap', long)) ?? '', /^type must be shorter than 16 bytes/);
});
