import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import type { Command } from '../../../../tools/commands/command.ts';
import { runCommand } from '../../../helpers/command.ts';

const cli: Command = { name: '', summary: '', help: '', run: main };

test('slipway --version and version say which one this is', async (t) => {
	for (const word of ['--version', 'version']) {
		t.deepEqual(await runCommand(cli, word), { exitCode: 0, out: 'slipway development\n', err: '' });
	}
});

test('slipway without a command, or with an unknown one, says which there are', async (t) => {
	const none = await runCommand(cli);
	t.is(none.exitCode, 2);
	t.regex(none.err, /^slipway: No command was given\.\nSee: slipway --help$/m);
	const unknown = await runCommand(cli, 'boot');
	t.is(unknown.exitCode, 2);
	t.regex(unknown.err, /^slipway: Unknown command "boot": expected one of build, validate, /);
});
