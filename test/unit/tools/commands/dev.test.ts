import test from 'ava';
import { devCommand } from '../../../../tools/commands/dev.ts';
import { runCommand } from '../../../helpers/command.ts';

test('slipway dev ends for a file that is not there, rather than wait for it', async (t) => {
	await t.throwsAsync(runCommand(devCommand, 'test/nowhere.yml'), {
		code: 'NO_FILE',
		message: 'test/nowhere.yml: there is no such file.',
	});
});
