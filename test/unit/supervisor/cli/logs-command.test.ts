import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ControlClient } from '../../../../supervisor/cli/control-requests.ts';
import { logsCommand } from '../../../../supervisor/cli/logs-command.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const onboot: GuestEventLine = {
	event: 'onboot',
	name: '000-dhcpcd',
	state: 'done',
	durationMs: 2500,
	at: 5,
	msg: '',
};

test('logs -f goes on with the lines of PID 1, of a container that ran once, and of a service', async (t) => {
	const folder = scratchFolder();
	const files = ['init.log', 'onboot.000-dhcpcd.out.log', 'onboot.000-dhcpcd.log', 'talker.log'];
	const [pid1 = '', stdout = '', stderr = '', talker = ''] = files.map((name) => join(folder, name));
	const client: ControlClient = {
		async request<T>({ command }: { readonly command: string }, onEvent?: (event: GuestEventLine) => void) {
			if (command === 'events') onEvent?.(onboot);
			return [{ name: 'talker', log: talker }] as T;
		},
		close: () => undefined,
	};
	const write = (turn: string): void => {
		appendFileSync(pid1, `{"level":"warn","at":60.5,"service":"web","msg":"${turn}"}\n`);
		appendFileSync(stdout, `${turn} of stdout\n\n`);
		appendFileSync(stderr, `${turn} of stderr\n`);
		appendFileSync(talker, `2026-11-21T13:00:00.000000000Z stdout F ${turn}\n`);
	};
	const expected = (turn: string): string[] => [
		`2026-11-21T13:00:00.000Z  ${turn}\n`,
		`[    60.500] web              warn: ${turn}\n`,
		`${turn} of stderr\n`,
		`${turn} of stdout\n`,
	];
	write('lost');
	write('old');
	const lines: string[] = [];
	const end = new AbortController();
	await logsCommand(
		client,
		{ names: ['dhcpcd', 'init', 'talker'], lines: '1', since: undefined, follow: true, json: false },
		{
			places: { runLog: folder, initLog: pid1 },
			write(line) {
				lines.push(line);
				if (lines.length === 4) write('new');
				if (lines.length === 8) end.abort();
			},
			ended: end.signal,
			nowSeconds: () => 61,
		},
	);
	t.deepEqual(lines.slice(0, 4).toSorted(), expected('old'));
	t.deepEqual(lines.slice(4).toSorted(), expected('new'));
});
