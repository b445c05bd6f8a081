// The guest's completion of `service`, by a real bash: what it offers is what the table of the commands has.

import { resolve } from 'node:path';
import test from 'ava';
import { commands } from '../../../supervisor/cli/commands.ts';
import { runProgram } from '../../helpers/program.ts';

/** Returns what is offered for the last of the words. */
async function offered(...words: readonly string[]): Promise<string[]> {
	const script = `
		service() { printf 'NAME STATE\\nredis running\\nweb ready\\n'; }
		. ${resolve('pkg/shell/root/usr/lib/slipway/service-completion.bash')}
		COMP_WORDS=(service "$@") COMP_CWORD=$#
		_service
		printf '%s\\n' "\${COMPREPLY[@]}"`;
	const { stdout } = await runProgram('bash', ['--norc', '-c', script, 'bash', ...words]);
	return stdout.split('\n').filter((word) => word !== '');
}

test('service-completion: the commands are those of the table', async (t) => {
	const names = commands.map(({ name }) => name);
	t.deepEqual((await offered('')).toSorted(), [...names, '--json', '--help'].toSorted());
	t.deepEqual(await offered('rest'), ['restart']);
});

test('service-completion: a command that takes services is followed by their names', async (t) => {
	for (const command of ['status', 'start', 'stop', 'restart', 'reload', 'wait', 'logs', 'exec']) {
		t.deepEqual(await offered(command, 'red'), ['redis'], command);
	}
	t.deepEqual(await offered('--json', 'status', 'w'), ['web']);
	t.deepEqual(await offered('run', '--net', ''), ['none', 'host', 'redis', 'web']);
	t.deepEqual(await offered('run', '--pid', 'w'), ['web']);
});

test('service-completion: every option that is offered is one that the command takes', async (t) => {
	for (const command of commands) {
		for (const option of await offered(command.name, '--')) {
			try {
				command.parse([option]);
			} catch (error) {
				t.notRegex(String(error), /has no option|Unknown option/, `${command.name} ${option}`);
			}
		}
	}
});
