import { join } from 'node:path';
import test from 'ava';
import { doctorCommand } from '../../../../tools/commands/doctor.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test.serial('slipway doctor names what is missing and what to type, and ends with 1', async (t) => {
	const path = process.env['PATH'];
	process.env['PATH'] = scratchFolder(t);
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	const { out, exitCode } = await runCommand(doctorCommand, '--cache', join(scratchFolder(t), 'not/yet'));
	t.is(exitCode, 1);
	t.regex(out, /^missing {2}qemu-system-x86_64 +not found, so nothing can be booted/m);
	t.regex(out, /^\w+ +store +\S*not\/yet \(not there yet\), /m);
	t.regex(out, /\nSystems can't be built and booted here yet: see .*qemu-system-x86_64/);
});

test.serial('slipway doctor --json has the same findings', async (t) => {
	const { out, exitCode } = await runCommand(doctorCommand, '--json');
	const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: { name: string; state: string }[] };
	t.is(exitCode, ok ? 0 : 1);
	t.is(
		findings.every(({ state }) => state !== 'missing'),
		ok,
	);
	t.truthy(findings.find(({ name }) => name === 'kvm'));
});

test.serial('slipway doctor: wrong usage', async (t) => {
	await t.throwsAsync(runCommand(doctorCommand, 'me'), { message: /takes no me/ });
});
