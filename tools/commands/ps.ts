// `slipway ps`: lists the machines of this user.

import { basename } from 'node:path';
import { colourColumn } from '../../native/text/colour.ts';
import { jsonText } from '../../native/text/json-text.ts';
import { printable } from '../../native/text/printable.ts';
import { UsageError } from '../errors.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { conditionOf, type MachineCondition, readSnapshot } from '../machine/machine-snapshot.ts';
import {
	listMachines,
	listUnreadMachines,
	type MachineEntry,
	type UnreadMachine,
} from '../machine/machine-state.ts';
import type { PublishedPort } from '../machine/published-port.ts';
import { jsonArrayOption } from '../options/common-options.ts';
import { dockerPsOptions } from '../options/docker-options.ts';
import { machineJson, unreadMachineJson } from '../options/machine-json.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { formatAge } from '../terminal/format-age.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { isColoured } from '../terminal/streams.ts';
import { textTable } from '../terminal/text-table.ts';

const about = `Lists the machines that "slipway run" has started and that run: name, system, state and published ports.`;

const options = {
	all: { short: 'a', help: 'list ended machines too, and how they ended' },
	quiet: { short: 'q', help: 'print names only' },
	...jsonArrayOption,
} as const satisfies OptionTable;

const maxDetail = 60;

export const psCommand: Command = {
	name: 'ps',
	summary: 'list machines',
	operands: '',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options, dockerPsOptions);
		if (positionals.length > 0) throw new UsageError(`ps takes no ${positionals[0]}.`);
		const bases = machineBases();
		const listed = listMachines(bases).filter(({ isUp }) => values.all || isUp);
		const unread = listUnreadMachines(bases).filter(({ pid }) => values.all || pid !== null);
		const names = [...listed.map(({ record }) => record.name), ...unread.map(({ name }) => name)];
		if (values.quiet) for (const name of names) streams.out.write(`${name}\n`);
		else if (values.json) {
			const all = [...listed.map(machineJson), ...unread.map(unreadMachineJson)];
			streams.out.write(jsonText(all));
		} else {
			const text = table(listed, unread, Date.now());
			const styleOf = (word: string) => (/^(?:Ended|Unknown:)$/.test(word) ? 'dim' : 'good');
			streams.out.write(isColoured(streams.out) ? colourColumn(text, 'STATUS', styleOf) : text);
		}
		return 0;
	},
};

function table(listed: readonly MachineEntry[], unread: readonly UnreadMachine[], nowMs: number): string {
	const rows = listed.map((entry) => {
		const { record } = entry;
		const snapshot = readSnapshot(entry);
		const condition = conditionOf(entry, snapshot);
		const sinceMs =
			condition.state === 'ended' ? snapshot.lastSignAt.getTime() : Date.parse(record.startedAt);
		return [
			record.name,
			basename(record.request.name),
			statusText(condition, formatAge(nowMs - sinceMs)),
			record.request.publish.map(portText).join(', '),
		];
	});
	const unknown = unread.map(({ name, pid, unread: why }) => [
		name,
		'-',
		`${pid === null ? 'Unknown' : 'Up'}: it ${why}`,
		'',
	]);
	return textTable([['NAME', 'SYSTEM', 'STATUS', 'PORTS'], ...rows, ...unknown]);
}

function statusText({ state, detail }: MachineCondition, age: string): string {
	const text = printable(detail);
	const shown = text.length > maxDetail ? `${text.slice(0, maxDetail - 3)}...` : text;
	if (state === 'ended') return `Ended ${age} ago: ${shown}`;
	return `Up ${age} (${state === 'ready' && detail === 'every service runs' ? 'ready' : `${state}: ${shown}`})`;
}

function portText({ address, hostPort, guestPort, protocol }: PublishedPort): string {
	return `${address}:${hostPort}->${guestPort}/${protocol}`;
}
