// What other versions of slipway have left: `ps -a` lists it, and `rm` removes it.

import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { machineBases, machineFiles } from '../../../../tools/machine/machine-directories.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { startSilentQemu } from '../machine/silent-qemu.ts';

const slipway = async (...words: readonly string[]) => await runCommand({ run: main }, ...words);

test('ps -a lists machines of another version and damaged ones, and rm removes them', async (t) => {
	const folder = scratchFolder(t);
	Object.assign(process.env, { XDG_RUNTIME_DIR: join(folder, 'r'), XDG_STATE_HOME: join(folder, 's') });
	const bases = machineBases();
	const filesOf = (name: string) => {
		const place = { runtime: join(bases.runtime, name), state: join(bases.state, name) };
		for (const each of Object.values(place)) mkdirSync(each, { mode: 0o700 });
		return { place, ...machineFiles(place) };
	};
	writeFileSync(filesOf('odd\u001b[2J').record, '{');
	const [newer, cut, runs] = [filesOf('newer'), filesOf('cut'), filesOf('runs')];
	for (const { record } of [newer, runs]) writeFileSync(record, '{"version":2,"name":"x"}');
	writeFileSync(cut.record, '{"version":1,"na');
	for (const log of [runs.consoleLog, runs.eventLog]) writeFileSync(log, '');
	const qemu = await startSilentQemu(runs.qmp);
	t.teardown(() => qemu.kill('SIGKILL'));
	t.is(
		(await slipway('ps', '-a')).out.replaceAll(/ +$/gm, ''),
		`NAME   SYSTEM  STATUS                                                 PORTS
cut    -       Unknown: it has a damaged record
newer  -       Unknown: it was started by another version of slipway
runs   -       Up: it was started by another version of slipway
`,
	);
	t.is((await slipway('ps', '-q')).out, 'runs\n');
	t.is((await slipway('ps', '-aq')).out, 'cut\nnewer\nruns\n');
	t.like(JSON.parse((await slipway('ps', '--json')).out), [
		{ name: 'runs', state: 'unknown', pid: qemu.pid, system: null, ports: [] },
	]);
	const refused = await slipway('rm', 'newer', 'runs');
	t.is(refused.exitCode, 1);
	t.regex(refused.err, /^slipway: runs still runs; nothing was removed\./);
	t.true(existsSync(newer.record));
	t.regex((await slipway('stop', 'runs')).err, /another version of slipway.*: slipway rm --force runs$/m);
	t.is((await slipway('rm', 'newer', 'cut')).exitCode, 0);
	const ended = once(qemu, 'exit');
	t.is((await slipway('rm', '--force', 'runs')).exitCode, 0);
	await ended;
	t.is((await slipway('ps', '-aq')).out, '');
	for (const { place } of [newer, cut, runs])
		t.deepEqual([existsSync(place.state), existsSync(place.runtime)], [false, false]);
	t.regex((await slipway('rm', 'newer')).err, /There is no machine named newer/);
});
