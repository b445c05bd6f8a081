import test from 'ava';
import { AppletError } from '../../../../pkg/applet/applet.ts';
import { format } from '../../../../pkg/format/format.ts';

const host = {
	native: () => {
		throw new Error('not to be called');
	},
	print: () => undefined,
	warn: () => undefined,
};

const refuses = test.macro({
	async exec(t, args: readonly string[], exitCode: number, message: RegExp) {
		const error = await t.throwsAsync(async () => await format(args, host), { instanceOf: AppletError });
		t.is(error.exitCode, exitCode);
		t.regex(error.message, message);
	},
	title: (_, args: readonly string[]) => `format ${args.join(' ')} is refused`,
});

test(refuses, ['/dev/vda', '/dev/vdb'], 2, /^Too many arguments provided/);
test(refuses, ['-type', 'zfs'], 2, /^there is no type "zfs"/);
test(refuses, ['-label', 'x'.repeat(17)], 2, /at most 16/);
test(refuses, ['-force'], 2, /^-force wants a DRIVE/);
test(refuses, ['-partition', '1'], 2, /^-partition wants a DRIVE/);
test(refuses, ['-bogus'], 2, /-bogus/);
test(
	refuses,
	['-wait', '0', '/dev/nowhere'],
	1,
	/^there is no disk or partition \/dev\/nowhere. Nothing was written/,
);
test(refuses, ['-wait', '0', '-device', 'LABEL=nobody-has-it'], 1, /LABEL=nobody-has-it/);
