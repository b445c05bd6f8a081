// The commands of `service` that PID 1 runs itself, for a client that only shows their output. They are short, wait for nothing
// but PID 1, and touch neither the caller's files nor its terminal. commands.ts has the others.

import { printable } from '../../native/text/printable.ts';
import { phases } from '../contract/phases.ts';
import type { Pid1Status, Request, ServiceStatus } from '../contract/protocol.ts';
import { withTimeout } from '../process/timeout.ts';
import { bootReport, bootText } from './boot-report.ts';
import { type Command, exitCodes, UsageError } from './command.ts';
import { type ControlClient, events, RequestError } from './control-requests.ts';
import { oneShotStatus } from './one-shot-status.ts';
import { anyNames, type Call, jsonLines, plain, someNames } from './plain-command.ts';
import { eventLine, listTable, pid1Text, shown, statusText } from './tables.ts';
import { usageCommands } from './usage-commands.ts';

export const residentCommands: readonly Command[] = [
	plain({
		name: 'list',
		brief: ['[--all]', 'the services and their states (or no command)'],
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
			out.write(shown(listTable(services, streams.nowSeconds(), oneShots), streams));
			return 0;
		},
	}),
	plain({
		name: 'status',
		brief: ['[NAME...]', 'more of each; exit code 3 if one does not run'],
		usage: '[NAME...]',
		help: ['more of each; exit code 3 if one does not run'],
		names: anyNames,
		unknownExitCode: exitCodes.noStatus,
		async run({ client, names, values, out, streams }) {
			const services =
				names.length === 0
					? await client.request<readonly ServiceStatus[]>({ command: 'list' })
					: await requestEach(client, names, (name) => ({ command: 'status', name }));
			const texts = services.map((status) => statusText(status, streams.nowSeconds(), streams.wantsColour));
			out.write(values.json === true ? jsonLines(services) : texts.join('\n'));
			return services.every(isUp) ? 0 : exitCodes.notRunning;
		},
	}),
	...usageCommands,
	plain({
		name: 'start',
		brief: ['NAME...', 'start what was stopped or has failed'],
		usage: 'NAME...',
		help: ['start what was stopped or has failed'],
		names: someNames,
		run: (call) => change(call, 'start', isStarted),
	}),
	plain({
		name: 'stop',
		brief: ['NAME...', 'stop it; it stays stopped'],
		usage: 'NAME...',
		help: ['ask it to end, kill it when its time is up; it stays stopped'],
		names: someNames,
		run: (call) => change(call, 'stop', ({ pid }) => pid === null),
	}),
	plain({
		name: 'restart',
		brief: ['NAME...', 'stop and start'],
		usage: 'NAME...',
		help: ['stop and start'],
		names: someNames,
		run: (call) => change(call, 'restart', isStarted),
	}),
	plain({
		name: 'reload',
		brief: ['NAME', 'send it SIGHUP, or --signal'],
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
		brief: ['NAME', 'wait until it is ready, or --for running, stopped'],
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
		name: 'events',
		brief: ['[-f]', 'what has happened since the boot'],
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
		brief: ['', 'what took how long, and what the system waited for'],
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
		brief: ['', 'memory and files of PID 1; registers of the TPM'],
		usage: '[--collect]',
		help: [
			'what PID 1 itself costs; --collect: after a garbage collection',
			'with a TPM also its registers (PCRs) that are in use',
		],
		options: ['collect'],
		async run({ client, values, out }) {
			const status = await client.request<Pid1Status>({
				command: 'pid1',
				collect: values.collect === true,
				measurements: true,
			});
			out.write(values.json === true ? jsonLines([status]) : pid1Text(status));
			return 0;
		},
	}),
	plain({
		name: 'shutdown',
		brief: ['[reboot|halt]', 'end the system, services first'],
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
];

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
