// Every command of `service` as a process whose output nobody reads any longer: it ends quietly, as `service logs | head` must.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ava from 'ava';
import { commands } from '../../supervisor/cli/commands.ts';
import { eventually } from '../helpers/eventually.ts';
import { serviceWords } from './service-caller.ts';
import { forever, type SupervisedGuest, service, startGuest } from './supervised-guest.ts';
import { spawnWithoutReader } from './without-reader.ts';

const test = ava.serial;
let guest: SupervisedGuest;
let initLog: string;
const teardowns: (() => unknown)[] = [];

/** Exit codes of a command that prints something, and of one that prints nothing. */
const [gone, quiet] = [141, 0];

/** By the command's name: its arguments, and the exit code when nobody reads stdout. */
const calls: Readonly<Record<string, readonly (readonly [args: readonly string[], exitCode: number])[]>> = {
	list: [
		[[], gone],
		[['--json'], gone],
	],
	status: [
		[[], gone],
		[['steady', '--json'], gone],
	],
	start: [[['steady'], quiet]],
	stop: [[['other'], quiet]],
	restart: [[['steady'], quiet]],
	reload: [[['steady', '--signal', 'SIGUSR1'], quiet]],
	wait: [
		[['steady', '--for', 'running'], quiet],
		[['steady', '--for', 'running', '--json'], gone],
	],
	logs: [
		[[], gone],
		[['steady', '-f'], gone],
		[['init'], gone],
	],
	// As with any program in a shell, the exit code is the program's own.
	exec: [
		[['steady', '--', '/bin/busybox', 'true'], quiet],
		[['steady', '--', '/bin/sh', '-c', 'while echo word; do :; done'], gone],
	],
	stats: [
		[[], gone],
		[['--json'], gone],
	],
	run: [[['/', '--', '/bin/true'], quiet]],
	tar: [[['-c', 'steady', '/bin'], gone]],
	top: [[[], gone]],
	metrics: [[[], gone]],
	events: [[['-f'], gone]],
	boot: [[[], gone]],
	pid1: [[[], gone]],
	help: [[[], gone]],
	shutdown: [[['poweroff'], quiet]],
};

ava.before(async () => {
	guest = await startGuest({ teardown: (work) => void teardowns.push(work) });
	// More than a pipe holds: what fits in would be written before the reader is missed.
	guest.addBundle('services/steady', `for i in 1 2 3; do echo line $i; done; trap : USR1; ${forever}`);
	guest.addBundle('services/other', forever);
	initLog = join(guest.root, 'init.log');
	const line = JSON.stringify({ level: 'info', at: 1, msg: 'one line of many' });
	writeFileSync(initLog, `${line}\n`.repeat(5000));
	await guest.command('start');
	await guest.next(service('steady', 'running'));
	await eventually(() => guest.output('steady', 'stdout').includes('line 3'), { pauseMs: 20 });
});

ava.after.always(async () => {
	await guest?.command('stop');
	for (const teardown of teardowns) await teardown();
});

/** Returns the exit code, and what came on the stream that is read. */
async function withoutReader(args: readonly string[], closed: 'stdout' | 'stderr') {
	const [program, ...words] = serviceWords(guest, args);
	const env = { ...process.env, INIT_LOG: initLog };
	const child = spawnWithoutReader(program, words, closed, env);
	const other = text(closed === 'stdout' ? child.stderr : child.stdout);
	const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
	const [exitCode, signal] = await once(child, 'exit');
	clearTimeout(late);
	return { exitCode, signal, other: await other };
}

test('the table has every command of service', (t) => {
	t.deepEqual(Object.keys(calls).sort(), commands.map(({ name }) => name).sort());
});

for (const [name, ways] of Object.entries(calls)) {
	for (const [args, exitCode] of ways) {
		const words = [name, ...args].join(' ');
		test(`service ${words} ends quietly when nobody reads stdout`, async (t) => {
			t.like(await withoutReader([name, ...args], 'stdout'), { exitCode, signal: null, other: '' });
		});
	}
}

for (const args of [
	['status', 'nobody'],
	['logs', 'nobody'],
	['exec', 'nobody', '--', 'true'],
	['no-command'],
]) {
	test(`service ${args.join(' ')} fails quietly when nobody reads stderr`, async (t) => {
		const { exitCode, signal, other } = await withoutReader(args, 'stderr');
		t.is(signal, null);
		t.true(exitCode > 0 && exitCode !== gone, `${exitCode}`);
		t.is(other, '');
	});
}
