import test from 'ava';
import { runCommand } from '../../../../../supervisor/cli/run/run-command.ts';

test('service run names the path of -v that the system lacks, before it asks PID 1 for anything', async (t) => {
	const run = runCommand.parse(['-v', '/nowhere:/x', 'a.tar', '--', 'ls']);
	const nobody = {} as never;
	await t.throwsAsync(async () => await run?.({ client: nobody, streams: nobody, out: nobody }), {
		message: '-v /nowhere: the system has no such file or directory. Make it first.',
	});
});
