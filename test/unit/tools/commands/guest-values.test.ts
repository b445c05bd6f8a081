// The host refuses a number that the guest would refuse, and asks no guest: there is none here.

import test from 'ava';
import { main } from '../../../../tools/cli.ts';
import { runCommand } from '../../../helpers/command.ts';

const cases: readonly [words: string, message: string][] = [
	['logs -n abc', '-n abc: expected a number of lines.\nSee: slipway logs --help'],
	['logs --tail=-1 web', '--tail -1: expected a number of lines.\nSee: slipway logs --help'],
	[
		'logs --since once',
		'--since once: expected one such as 10m, 2h or 2026-11-21T13:00:00Z.\nSee: slipway logs --help',
	],
	[
		'run-in --memory 64 no.tar',
		'--memory 64: expected a size of 1M or more, such as 64M or 1G.\nSee: slipway run-in --help',
	],
	[
		'run-in --cpus none no.tar',
		'--cpus none: expected a number of processors, such as 0.5.\nSee: slipway run-in --help',
	],
	['run-in --pids 0 no.tar', '--pids 0: expected a number of processes, from 1.\nSee: slipway run-in --help'],
	[
		'run-in --env =x no.tar',
		'--env =x: expected NAME=VALUE, or NAME for its value here.\nSee: slipway run-in --help',
	],
	[
		'exec -e =x web sh',
		'--env =x: expected NAME=VALUE, or NAME for its value here.\nSee: slipway exec --help',
	],
];

for (const [words, message] of cases) {
	test(`slipway ${words} is refused at once`, async (t) => {
		t.deepEqual(await runCommand({ run: main }, ...words.split(' ')), {
			exitCode: 2,
			out: '',
			err: `slipway: ${message}\n`,
		});
	});
}
