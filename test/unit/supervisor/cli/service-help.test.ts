// The help of `service` and the answer to a command line in another order: none of them needs PID 1.

import test from 'ava';
import { commands } from '../../../../supervisor/cli/commands.ts';
import { serviceCommand } from '../../../../supervisor/cli/service-command.ts';
import { guestPaths } from '../../../../supervisor/contract/layout.ts';

async function run(...args: readonly string[]) {
	let [out, err] = ['', ''];
	const exitCode = await serviceCommand(args, '/nowhere/control.sock', {
		out: { write: (written) => (out += written) },
		err: { write: (written) => (err += written) },
		nowSeconds: () => 1,
		paths: guestPaths,
		logPlaces: { runLog: '/nowhere', initLog: '/nowhere/init.log' },
		openNative: () => null as never,
	});
	return { exitCode, out, err };
}

test('service help fits a terminal of 80 columns and 24 rows, and names each command of the table', async (t) => {
	const { out, exitCode } = await run('help');
	t.is(exitCode, 0);
	for (const { name, brief } of commands) {
		t.regex(out, new RegExp(`^  ${name} `, 'm'));
		t.true(out.includes(` ${brief[1]}\n`), `${name}: a space before its text`);
	}
	t.regex(out, /^ {2}list \[--all\] {15}the services and their states \(or/m);
	const lines = out.trimEnd().split('\n');
	t.true(lines.length <= 23, `${lines.length} lines, and the prompt`);
	t.deepEqual(
		lines.filter((line) => line.length >= 80),
		[],
	);
	t.is((await run('-h')).out, out);
});

test('service COMMAND --help has all of its arguments, also without PID 1', async (t) => {
	t.is(
		(await run('reload', '--help')).out,
		'Usage: service reload NAME [--signal SIGHUP]\n\n  send it a signal\n',
	);
	t.regex((await run('exec', '-h')).out, /^Usage: service exec \[-t\|-T\]/);
});

test("service NAME COMMAND, System V's order, is answered with ours", async (t) => {
	const { err, exitCode } = await run('redis', 'restart');
	t.is(exitCode, 2);
	t.regex(err, /The command comes first: service restart redis\./);
});
