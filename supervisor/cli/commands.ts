// The commands of `service`, one table: dispatch, help and errors follow from it.

import { printable } from '../../native/text/printable.ts';
import { phases } from '../contract/phases.ts';
import type { Pid1Status, Request, ServiceProcess, ServiceStatus } from '../contract/protocol.ts';
import { withTimeout } from '../process/timeout.ts';
import { bootReport, bootText } from './boot-report.ts';
import { type Command, exitCodes, type Session, UsageError } from './command.ts';
import { type OptionName, type OptionValues, parseArguments } from './command-options.ts';
import { type ControlClient, events, RequestError } from './control-client.ts';
import { parseExecArguments } from './exec/exec-arguments.ts';
import { runInContainer } from './exec/run-in-container.ts';
import { logsCommand } from './logs-command.ts';
import { oneShotStatus } from './one-shot-status.ts';
import { eventLine, listTable, pid1Text, shortenLines, statusText } from './tables.ts';

interface Call extends Session {
	readonly names: readonly string[];
	readonly values: OptionValues;
}

interface PlainCommand extends Omit<Command, 'parse'> {
	readonly options?: readonly OptionName[];
	readonly names?: readonly [number, number];
	run(call: Call): Promise<number>;
}

const anyNames = [0, Number.POSITIVE_INFINITY] as const;
const someNames = [1, Number.POSITIVE_INFINITY] as const;

export const commands: readonly Command[] = [
	plain({
		name: 'list',
		usage: '[--all]',
		help: ['the services and how they are (also without a command); --all: onboot containers, too'],
		options: ['all'],
		async run({ client, values, out, streams }) {
			const services = await client.request<readonly ServiceStatus[]>({ command: 'list' });
			const oneShots = values.all === true ? oneShotStatus(await events(client)) : [];
			if (values.json === true) {
				out.write(jsonLines([...oneShots, ...services]));
				return 0;
			}
			const text = listTable(services, streams.nowSeconds(), oneShots);
			out.write(streams.columns === undefined ? text : shortenLines(text, streams.columns));
			return 0;
		},
	}),
	plain({
		name: 'status',
		usage: '[NAME...]',
		help: ['more of each; exit code 3 if one does not run'],
		names: anyNames,
		unknownExitCode: exitCodes.noStatus,
		async run({ client, names, values, out, streams }) {
			const services =
				names.length === 0
					? await client.request<readonly ServiceStatus[]>({ command: 'list' })
					: await requestEach(client, names, (name) => ({ command: 'status', name }));
			const texts = services.map((status) => statusText(status, streams.nowSeconds()));
			out.write(values.json === true ? jsonLines(services) : texts.join('\n'));
			return services.every(isUp) ? 0 : exitCodes.notRunning;
		},
	}),
	plain({
		name: 'start',
		usage: 'NAME...',
		help: ['start what was stopped or has failed'],
		names: someNames,
		run: (call) => change(call, 'start', isStarted),
	}),
	plain({
		name: 'stop',
		usage: 'NAME...',
		help: ['ask it to end, kill it when its time is up; it stays stopped'],
		names: someNames,
		run: (call) => change(call, 'stop', ({ pid }) => pid === null),
	}),
	plain({
		name: 'restart',
		usage: 'NAME...',
		help: ['stop and start'],
		names: someNames,
		run: (call) => change(call, 'restart', isStarted),
	}),
	plain({
		name: 'reload',
		usage: 'NAME [--signal SIGHUP]',
		help: ['send it a signal'],
		options: ['signal'],
		names: [1, 1],
		async run({ client, names: [name = ''], values, out }) {
			const { signal: named = 'SIGHUP' } = values;
			const signal = named.startsWith('SIG') ? named : `SIG${named}`;
			const status = await client.request<ServiceStatus>({ command: 'signal', name, signal });
			if (values.json === true) out.write(jsonLines([status]));
			return 0;
		},
	}),
	plain({
		name: 'wait',
		usage: 'NAME [--for ready|running|stopped] [--timeout SECONDS]',
		help: ['until it is so (default: ready); exit code 1 when it has failed or the time is up'],
		options: ['for', 'timeout'],
		names: [1, 1],
		async run({ client, names: [name = ''], values, out }) {
			const state = values.for ?? 'ready';
			if (state !== 'ready' && state !== 'running' && state !== 'stopped')
				throw new UsageError(`--for ${state}: expected ready, running or stopped.`);
			const seconds = values.timeout === undefined ? null : Number(values.timeout);
			if (seconds !== null && !(seconds > 0 && seconds <= 86_400))
				throw new UsageError(`--timeout ${values.timeout}: expected a number of seconds, up to a day.`);
			const waited = client.request<ServiceStatus>({ command: 'wait', name, for: state });
			const timeoutMs = seconds === null ? Number.POSITIVE_INFINITY : seconds * 1000;
			const status = await withTimeout(waited, timeoutMs, () => {
				return new RequestError('failed', `${name} is not ${state} after ${seconds} s.`);
			});
			if (values.json === true) out.write(jsonLines([status]));
			return 0;
		},
	}),
	plain({
		name: 'logs',
		usage: '[-f] [-n LINES] [--since 10m] [NAME...]',
		help: [
			'what services have written (all of them, if none is named); -f goes on;',
			"a NAME may be an onboot container's (onboot/000-dhcpcd, or dhcpcd), or init for PID 1",
		],
		options: ['follow', 'lines', 'since'],
		names: anyNames,
		async run({ client, names, values, out, streams }) {
			const { lines, since, follow = false, json = false } = values;
			await logsCommand(
				client,
				{ names, lines, since, follow, json },
				{
					places: streams.logPlaces,
					write: (text) => out.write(text),
					ended: AbortSignal.any([out.failed, ...(streams.ended === undefined ? [] : [streams.ended])]),
					nowSeconds: () => streams.nowSeconds(),
				},
			);
			return 0;
		},
	}),
	{
		name: 'exec',
		usage: '[-t|-T] [-u USER] [-e NAME=VALUE] [-w DIR] NAME -- CMD...',
		help: ['run a program in its container, on a terminal where there is one (-t, -T: yes, no)'],
		parse(args) {
			if (args[0] === '--help' || args[0] === '-h') return null;
			const request = parseExecArguments(args);
			return async ({ client, streams }) => {
				const isTerminal = process.stdin.isTTY === true;
				if (request.terminal === true && !isTerminal) throw new UsageError('-t: stdin is no terminal.');
				const service = await client.request<ServiceProcess>({ command: 'process', name: request.name });
				// PID 1 has no part in what follows.
				client.close();
				const terminal = request.terminal ?? isTerminal;
				return await runInContainer(streams.openNative(), request, service, terminal);
			};
		},
	},
	plain({
		name: 'events',
		usage: '[-f]',
		help: ['what has happened since the boot; -f goes on'],
		options: ['follow'],
		async run({ client, values, out }) {
			await client.request({ command: 'events', follow: values.follow === true }, (event) => {
				out.write(values.json === true ? jsonLines([event]) : eventLine(event));
			});
			return 0;
		},
	}),
	plain({
		name: 'boot',
		usage: '',
		help: ['what took how long, and what the system waited for'],
		async run({ client, values, out }) {
			const past = await events(client);
			const services = await client.request<readonly ServiceStatus[]>({ command: 'list' });
			const report = bootReport(past, new Map(services.map(({ name, after }) => [name, after])));
			out.write(values.json === true ? jsonLines([report]) : bootText(report));
			return 0;
		},
	}),
	plain({
		name: 'pid1',
		usage: '[--collect]',
		help: ['what PID 1 itself costs; --collect: after a garbage collection'],
		options: ['collect'],
		async run({ client, values, out }) {
			const status = await client.request<Pid1Status>({ command: 'pid1', collect: values.collect === true });
			out.write(values.json === true ? jsonLines([status]) : pid1Text(status));
			return 0;
		},
	}),
	plain({
		name: 'shutdown',
		usage: '[poweroff|reboot|halt]',
		help: ['end the system, services first'],
		names: [0, 1],
		async run({ client, names: [action = 'poweroff'] }) {
			if (action !== 'poweroff' && action !== 'reboot' && action !== 'halt')
				throw new UsageError(`shutdown ${action}: expected poweroff, reboot or halt.`);
			await client.request({ command: 'power', action });
			return 0;
		},
	}),
	{ name: 'help', usage: '', help: ['this text'], parse: () => null },
];

function plain({ options = [], names = [0, 0], run, ...command }: PlainCommand): Command {
	return {
		...command,
		parse(args) {
			const parsed = parseArguments({ name: command.name, options, names }, args);
			return parsed.values.help === true ? null : (session) => run({ ...session, ...parsed });
		},
	};
}

async function change(
	{ client, names, values, out, streams }: Call,
	command: 'start' | 'stop' | 'restart',
	isGood: (status: ServiceStatus) => boolean,
): Promise<number> {
	const after = await requestEach(client, names, (name) => ({ command, name }));
	if (values.json === true) out.write(jsonLines(after));
	const bad = after.filter((status) => !isGood(status));
	for (const { name, state, reason, log } of bad) {
		const text = `${name} is ${state}: ${reason ?? 'no reason is known'}; its log is ${log}`;
		streams.err.write(`service: ${printable(text)}\n`);
	}
	return bad.length === 0 ? 0 : exitCodes.failed;
}

/** Sends one request after another, in the order of the command line. */
async function requestEach(
	client: ControlClient,
	names: readonly string[],
	requestFor: (name: string) => Request,
): Promise<ServiceStatus[]> {
	const results: ServiceStatus[] = [];
	for (const name of names) results.push(await client.request<ServiceStatus>(requestFor(name)));
	return results;
}

function isUp({ state }: ServiceStatus): boolean {
	return phases[state].isUp;
}

function isStarted(status: ServiceStatus): boolean {
	return isUp(status) || status.state === 'waiting';
}

function jsonLines(values: readonly unknown[]): string {
	return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
