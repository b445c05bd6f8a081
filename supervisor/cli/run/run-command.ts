// The command `service run`: asks PID 1 for the name and for the services that are joined, runs the container and tells how it ended.

import { errorMessage } from '../../../native/text/error-message.ts';
import type { RunEnd, ServiceProcess, StartedRun } from '../../contract/protocol.ts';
import type { Namespace } from '../../contract/runtime-spec.ts';
import { type CallerStreams, type Command, UsageError } from '../command.ts';
import { openControlClient } from '../control-client.ts';
import type { ControlClient } from '../control-requests.ts';
import { openJoinedNamespaces } from './joined-namespaces.ts';
import { parseRunArguments, type RunRequest } from './run-arguments.ts';
import { runContainer } from './run-container.ts';

export const runCommand: Command<CallerStreams> = {
	name: 'run',
	brief: ['IMAGE [-- CMD...]', 'run a tarball in a container of its own'],
	usage: '[OPTIONS] IMAGE|FOLDER|- [-- CMD...]',
	help: [
		'run a program in a container of its own, of a tarball, a docker save archive,',
		'an OCI layout, or a directory with a root; -: a tarball on stdin',
		'  --name NAME          the default is run-1, run-2, ...',
		'  --memory 64M  --cpus 0.5  --pids 100  limits; the defaults are a service’s',
		'  --net none|host|SERVICE  none is the default; with a SERVICE it shares its network',
		'  --pid SERVICE        sees the processes of a service',
		'  -v PATH:PATH[:ro]    a path of the machine, and its place in the container',
		'  --rw                 it may write to its root, in memory; the image stays as it is',
		'  --cap-add NAME       a capability; it has none',
		'  -u USER  -e NAME=VALUE  -w DIR  its user, a variable, its working directory',
		'  -t, -T               on a terminal or not; the default is as stdin is',
		'  --rm                 list --all forgets it when it has ended',
	],
	parse(args) {
		if (args[0] === '--help' || args[0] === '-h') return null;
		const request = parseRunArguments(args);
		return async ({ client, streams }) => {
			const isTerminal = process.stdin.isTTY === true;
			if (request.terminal === true && !isTerminal) throw new UsageError('-t: stdin is no terminal.');
			const terminal = request.terminal ?? isTerminal;
			return await run(request, terminal, client, streams);
		};
	},
};

async function run(
	request: RunRequest,
	terminal: boolean,
	client: ControlClient,
	streams: CallerStreams,
): Promise<number> {
	const joined = openJoinedNamespaces();
	let end: Omit<RunEnd, 'name'> = { reason: null, isForgotten: request.isForgotten };
	try {
		const join = async (type: 'network' | 'pid', name: string): Promise<Namespace | null> =>
			joined.join(type, await client.request<ServiceProcess>({ command: 'process', name }));
		const network = await networkOf(request.net, (name) => join('network', name));
		const pid = request.pid === null ? ({ type: 'pid' } as const) : await join('pid', request.pid);
		// From here on PID 1 cleans up when this connection ends.
		const { name } = await client.request<StartedRun>({
			command: 'run',
			name: request.name,
			image: request.image,
		});
		try {
			const exitCode = await runContainer(
				streams.openNative(),
				request,
				{ name, network, pid, terminal },
				streams.paths,
			);
			if (exitCode !== 0) end = { ...end, reason: `exited with status ${exitCode}` };
			return exitCode;
		} catch (error) {
			end = { ...end, reason: `could not be run: ${errorMessage(error)}` };
			throw error;
		} finally {
			await tellEnd({ name, ...end }, client, streams);
		}
	} finally {
		joined.close();
	}
}

async function networkOf(
	net: string,
	join: (name: string) => Promise<Namespace | null>,
): Promise<Namespace | null> {
	if (net === 'host') return null;
	return net === 'none' ? { type: 'network' } : await join(net);
}

/** PID 1 may have crashed meanwhile; then there is a new one. */
async function tellEnd(end: RunEnd, client: ControlClient, { paths }: CallerStreams): Promise<void> {
	const request = { command: 'run-ended', ...end } as const;
	try {
		await client.request(request);
	} catch {
		const other = await openControlClient(paths.controlSocket).catch(() => null);
		await other?.request(request).catch(() => undefined);
		other?.close();
	}
}
