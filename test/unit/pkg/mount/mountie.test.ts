import { join } from 'node:path';
import test from 'ava';
import { AppletError } from '../../../../pkg/applet/applet.ts';
import { mountie } from '../../../../pkg/mount/mountie.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const host = {
	native: () => {
		throw new Error('not to be called');
	},
	print: () => undefined,
	warn: () => undefined,
};

const refuses = test.macro({
	async exec(t, args: readonly string[], exitCode: number, message: RegExp) {
		const error = await t.throwsAsync(async () => await mountie(args, host), { instanceOf: AppletError });
		t.is(error.exitCode, exitCode);
		t.regex(error.message, message);
	},
	title: (_, args: readonly string[]) => `mountie ${args.join(' ')} is refused`,
});

test(refuses, [], 2, /^No mountpoints provided/);
test(refuses, ['a', 'b', 'c'], 2, /^Too many arguments/);
test(refuses, ['-label'], 2, /-label/);
test(refuses, ['/proc/no/folder'], 1, /^Unable to create mountpoint \/proc\/no\/folder: /);

test('mountie makes the mount point, and tells a disk that does not come', async (t) => {
	const place = join(scratchFolder(t), 'a/b');
	const error = await t.throwsAsync(
		async () => await mountie(['-wait', '0', '-label', 'NOBODY', place], host),
	);
	t.is(error.message, 'there is no disk or partition LABEL=NOBODY');
});
