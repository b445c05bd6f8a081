// The commands of `service` that show what services use. PID 1 runs them, as those of resident-commands.ts.

import type { Pid1Status, SystemStats } from '../contract/protocol.ts';
import type { UsageSample } from '../contract/usage-table.ts';
import { metricsText } from '../control/metrics-text.ts';
import { type Command, type CommandStreams, UsageError } from './command.ts';
import type { ControlClient } from './control-requests.ts';
import { jsonLines, plain } from './plain-command.ts';
import { shown } from './tables.ts';
import { pause, showTop, usageTable } from './top.ts';

/** Over this time `stats` measures the use of the processors. */
const statsWindowMs = 1000;

export const usageCommands: readonly Command[] = [
	plain({
		name: 'stats',
		brief: ['', 'what each uses: processors, memory, tasks'],
		usage: '',
		help: ['what each uses: memory, tasks, processors (over one second)'],
		async run({ client, values, out, streams }) {
			const first = await sample(client, streams);
			if (values.json === true) {
				out.write(jsonLines(first.stats.services));
				return 0;
			}
			await pause(statsWindowMs, streams.ended);
			out.write(shown(usageTable(first, await sample(client, streams)), streams));
			return 0;
		},
	}),
	plain({
		name: 'top',
		brief: ['', 'the same, again and again until q'],
		usage: '',
		help: ['the same, again and again until q or Ctrl-C'],
		async run({ client, values, out, streams }) {
			refuseJson('top', values);
			await showTop(() => sample(client, streams), out, streams);
			return 0;
		},
	}),
	plain({
		name: 'metrics',
		brief: ['', 'figures for Prometheus'],
		usage: '',
		help: ['states, restarts, memory, processors and more, as Prometheus reads them'],
		async run({ client, values, out }) {
			refuseJson('metrics', values);
			const stats = await client.request<SystemStats>({ command: 'stats' });
			const pid1 = await client.request<Pid1Status>({ command: 'pid1', collect: false, measurements: false });
			out.write(metricsText(stats, pid1));
			return 0;
		},
	}),
];

/** Its output has a form of its own, which a program that asks for JSON would take for a fault. */
function refuseJson(name: string, { json = false }: { readonly json?: boolean }): void {
	if (json) throw new UsageError(`${name} has no --json. For programs: service stats --json.`);
}

async function sample(client: ControlClient, streams: CommandStreams): Promise<UsageSample> {
	const stats = await client.request<SystemStats>({ command: 'stats' });
	return { stats, atSeconds: streams.nowSeconds() };
}
