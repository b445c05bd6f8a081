// `service`: what runs, and what to do with it. Asks PID 1 over the control socket. Exit codes are systemctl's: 0 done,
// 1 failed, 2 wrong usage, 3 `status` of a service that does not run, 4 `status` of no service, or not root, 5 no such
// service. 141: nobody reads the output any longer, as a shell reports a program that SIGPIPE ended.

import { parseArgs } from 'node:util';
import type { Native } from '../../native/native.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { nearestName } from '../../native/text/nearest-name.ts';
import { printable } from '../../native/text/printable.ts';
import type { Pid1Status, ServiceStatus } from '../contract/protocol.ts';
import { bootReport } from './boot-report.ts';
import { bootText } from './boot-text.ts';
import { type ControlClient, events, openControlClient, RequestError } from './control-client.ts';
import { parseExecArguments } from './exec/exec-arguments.ts';
import { ExecError } from './exec/run-in-container.ts';
import { execCommand } from './exec-command.ts';
import { logsCommand } from './logs-command.ts';
import { oneShotStatus } from './one-shot-status.ts';
import { type CheckedOutput, checkOutput, ignoreErrors, type Output, ReaderGoneError } from './output.ts';
import type { LogPlaces } from './plain-logs.ts';
import { cutLines, eventLine, listTable, pid1Text, statusText } from './tables.ts';
import { UsageError } from './usage-error.ts';

const help = `Usage: service [--json] COMMAND

Commands:
  list [--all]                the services and how they are (also without a command); --all: onboot containers, too
  status [NAME...]            more of each; exit code 3 if one does not run
  start NAME...               start what was stopped or has failed
  stop NAME...                ask it to end, kill it when its time is up; it stays stopped
  restart NAME...             stop and start
  reload NAME [--signal SIGHUP]
                              send it a signal
  wait NAME [--for ready|running|stopped] [--timeout SECONDS]
                              until it is so (default: ready); exit code 1 when it has failed or the time is up
  logs [-f] [-n LINES] [--since 10m] [NAME...]
                              what services have written (all of them, if none is named); -f goes on;
                              a NAME may be an onboot container's (onboot/000-dhcpcd, or dhcpcd), or init for PID 1
  exec [-t|-T] [-u USER] [-e NAME=VALUE] [-w DIR] NAME -- CMD...
                              run a program in its container, on a terminal where there is one (-t, -T: yes, no)
  events [-f]                 what has happened since the boot; -f goes on
  boot                        what took how long, and what the system waited for
  pid1 [--collect]            what PID 1 itself costs; --collect: after a garbage collection
  shutdown [poweroff|reboot|halt]
                              end the system, services first
  help                        this text

  --json                      for machines: JSON, one object a line
`;

export interface CommandStreams {
	readonly out: Output;
	readonly err: Output;
	/** Of CLOCK_MONOTONIC. */
	nowSeconds(): number;
	/** Ends what would go on for ever; without it, a signal to the process does. */
	readonly ended?: AbortSignal;
	/** Of the terminal; undefined where there is none. */
	readonly columns?: number | undefined;
	readonly logPlaces: LogPlaces;
	openNative(): Native;
}

const exitCodes = {
	...{ failed: 1, usage: 2, notRunning: 3, notPermitted: 4, unknown: 5 },
	/** Only of `status`. */
	noStatus: 4,
	readerGone: 141,
} as const;

/** @param socket - PID 1's control socket */
export async function serviceCommand(
	args: readonly string[],
	socket: string,
	streams: CommandStreams,
): Promise<number> {
	const out = checkOutput(streams.out);
	ignoreErrors(streams.err);
	let client: ControlClient | null = null;
	try {
		const [first, ...rest] = args;
		if (first === 'exec' && !isHelp(rest)) {
			const request = parseExecArguments(rest);
			client = await openControlClient(socket);
			return await execCommand(client, request, streams);
		}
		const { values, positionals } = parse(args);
		const [command = 'list', ...names] = positionals;
		if (values.help === true || command === 'help') {
			out.write(help);
			return 0;
		}
		const run = commands[command];
		if (run === undefined) {
			const near = nearestName(command, [...Object.keys(commands), 'exec', 'help']);
			const hint = near === null ? '' : ` Did you mean ${near}?`;
			throw new UsageError(`There is no command "${command}".${hint}`);
		}
		client = await openControlClient(socket);
		return await run({ client, names, values, out, streams });
	} catch (error) {
		if (error instanceof ReaderGoneError) return exitCodes.readerGone;
		if (error instanceof UsageError) {
			streams.err.write(`service: ${printable(error.message)} See "service help".\n`);
			return exitCodes.usage;
		}
		streams.err.write(`service: ${printable(errorMessage(error))}\n`);
		if (error instanceof ExecError) return error.exitCode;
		return exitCodeOf(error, args.includes('status'));
	} finally {
		client?.close();
	}
}

function exitCodeOf(error: unknown, ofStatus: boolean): number {
	if (!(error instanceof RequestError)) return exitCodes.failed;
	if (error.code === 'forbidden') return exitCodes.notPermitted;
	if (error.code === 'unknown-service') return ofStatus ? exitCodes.noStatus : exitCodes.unknown;
	return exitCodes.failed;
}

function isHelp([first]: readonly string[]): boolean {
	return first === '--help' || first === '-h';
}

type Values = ReturnType<typeof parse>['values'];

interface Run {
	readonly client: ControlClient;
	readonly names: readonly string[];
	readonly values: Values;
	readonly out: CheckedOutput;
	readonly streams: CommandStreams;
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				json: { type: 'boolean' },
				all: { type: 'boolean', short: 'a' },
				help: { type: 'boolean', short: 'h' },
				collect: { type: 'boolean' },
				follow: { type: 'boolean', short: 'f' },
				for: { type: 'string' },
				timeout: { type: 'string' },
				signal: { type: 'string' },
				lines: { type: 'string', short: 'n' },
				since: { type: 'string' },
			},
		});
	} catch (error) {
		throw new UsageError((error as Error).message);
	}
}

const commands: Readonly<Record<string, (run: Run) => Promise<number>>> = {
	async list({ client, names, values, out, streams }) {
		if (names.length > 0) throw new UsageError('list takes no name; status does.');
		const services = await client.ask<readonly ServiceStatus[]>({ command: 'list' });
		const oneShots = values.all === true ? oneShotStatus(await events(client)) : [];
		if (values.json === true) {
			out.write(jsonLines([...oneShots, ...services]));
			return 0;
		}
		const text = listTable(services, streams.nowSeconds(), oneShots);
		out.write(streams.columns === undefined ? text : cutLines(text, streams.columns));
		return 0;
	},
	async status({ client, names, values, out, streams }) {
		const services =
			names.length === 0
				? await client.ask<readonly ServiceStatus[]>({ command: 'list' })
				: await each(names, async (name) => await client.ask<ServiceStatus>({ command: 'status', name }));
		const texts = services.map((status) => statusText(status, streams.nowSeconds()));
		out.write(values.json === true ? jsonLines(services) : texts.join('\n'));
		return services.every(isUp) ? 0 : exitCodes.notRunning;
	},
	start: async (run) => await change(run, 'start', isStarted),
	stop: async (run) => await change(run, 'stop', ({ pid }) => pid === null),
	restart: async (run) => await change(run, 'restart', isStarted),
	async reload({ client, names, values, out }) {
		const [name] = needed(names, 'reload');
		const { signal: named = 'SIGHUP' } = values;
		const signal = named.startsWith('SIG') ? named : `SIG${named}`;
		const status = await client.ask<ServiceStatus>({ command: 'signal', name, signal });
		if (values.json === true) out.write(jsonLines([status]));
		return 0;
	},
	async wait({ client, names, values, out }) {
		const [name] = needed(names, 'wait');
		const what = values.for ?? 'ready';
		if (what !== 'ready' && what !== 'running' && what !== 'stopped')
			throw new UsageError(`--for ${what}: expected ready, running or stopped.`);
		const seconds = values.timeout === undefined ? null : Number(values.timeout);
		if (seconds !== null && !(seconds > 0 && seconds <= 86_400))
			throw new UsageError(`--timeout ${values.timeout}: expected a number of seconds, up to a day.`);
		const asked = client.ask<ServiceStatus>({ command: 'wait', name, for: what });
		const status = await (seconds === null ? asked : Promise.race([asked, timeUp(name, what, seconds)]));
		if (values.json === true) out.write(jsonLines([status]));
		return 0;
	},
	async logs({ client, names, values, out, streams }) {
		await logsCommand(
			client,
			{
				...{ names, lines: values.lines, since: values.since },
				...{ follow: values.follow === true, json: values.json === true },
			},
			{
				places: streams.logPlaces,
				write: (text) => out.write(text),
				ended: AbortSignal.any([out.failed, ...(streams.ended === undefined ? [] : [streams.ended])]),
				nowSeconds: () => streams.nowSeconds(),
			},
		);
		return 0;
	},
	async events({ client, names, values, out }) {
		if (names.length > 0) throw new UsageError('events takes no name.');
		await client.ask({ command: 'events', follow: values.follow === true }, (event) => {
			out.write(values.json === true ? jsonLines([event]) : eventLine(event));
		});
		return 0;
	},
	async boot({ client, values, out }) {
		const past = await events(client);
		const services = await client.ask<readonly ServiceStatus[]>({ command: 'list' });
		const report = bootReport(past, new Map(services.map(({ name, after }) => [name, after])));
		out.write(values.json === true ? jsonLines([report]) : bootText(report));
		return 0;
	},
	async pid1({ client, names, values, out }) {
		if (names.length > 0) throw new UsageError('pid1 takes no name.');
		const collect = values.collect === true;
		const status = await client.ask<Pid1Status>({ command: 'pid1', collect });
		out.write(values.json === true ? jsonLines([status]) : pid1Text(status));
		return 0;
	},
	async shutdown({ client, names }) {
		const [action = 'poweroff'] = names;
		if (action !== 'poweroff' && action !== 'reboot' && action !== 'halt')
			throw new UsageError(`shutdown ${action}: expected poweroff, reboot or halt.`);
		await client.ask({ command: 'power', action });
		return 0;
	},
};

/** One after another, in the order of the command line. */
async function change(
	{ client, names, values, out, streams }: Run,
	command: 'start' | 'stop' | 'restart',
	isGood: (status: ServiceStatus) => boolean,
): Promise<number> {
	needed(names, command);
	const after = await each(names, async (name) => await client.ask<ServiceStatus>({ command, name }));
	if (values.json === true) out.write(jsonLines(after));
	const bad = after.filter((status) => !isGood(status));
	for (const { name, state, reason, log } of bad)
		streams.err.write(
			`service: ${printable(`${name} is ${state}: ${reason ?? 'no reason is known'}; its log is ${log}`)}\n`,
		);
	return bad.length === 0 ? 0 : exitCodes.failed;
}

async function each<T>(names: readonly string[], ask: (name: string) => Promise<T>): Promise<T[]> {
	const results: T[] = [];
	for (const name of names) results.push(await ask(name));
	return results;
}

function needed(names: readonly string[], command: string): [string, ...string[]] {
	const [first, ...more] = names;
	if (first === undefined) throw new UsageError(`${command} needs the name of a service.`);
	return [first, ...more];
}

function isUp({ state }: ServiceStatus): boolean {
	return state === 'running' || state === 'ready';
}

function isStarted(status: ServiceStatus): boolean {
	return isUp(status) || status.state === 'waiting';
}

async function timeUp(name: string, what: string, seconds: number): Promise<never> {
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
	throw new RequestError('failed', `${name} is not ${what} after ${seconds} s.`);
}

function jsonLines(values: readonly unknown[]): string {
	return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
