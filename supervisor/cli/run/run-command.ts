// The command `service run`: asks PID 1 for the name and for the services that are joined, runs the container and tells how it ended.

import { existsSync } from 'node:fs';
import { errorMessage } from '../../../native/text/error-message.ts';
import { stateFiles } from '../../contract/layout.ts';
import { defaultNetwork } from '../../contract/network-range.ts';
import type { RunEnd, ServiceProcess, StartedRun } from '../../contract/protocol.ts';
import type { Namespace } from '../../contract/runtime-spec.ts';
import { identifyProcess, type ProcessIdentity } from '../../process/process-identity.ts';
import { type CallerStreams, type Command, UsageError } from '../command.ts';
import { openControlClient } from '../control-client.ts';
import { type ControlClient, RequestError } from '../control-requests.ts';
import { openJoinedNamespaces } from './joined-namespaces.ts';
import { receiveImage } from './received-image.ts';
import { parseRunArguments, type RunRequest } from './run-arguments.ts';
import { runContainer } from './run-container.ts';
import { hasEnded, inEndedService, killNote } from './run-failure.ts';

export const runCommand: Command<CallerStreams> = {
	name: 'run',
	brief: ['IMAGE [-- CMD...]', 'run a tarball in a container of its own'],
	usage: '[OPTIONS] IMAGE|FOLDER|- [-- CMD...]',
	help: [
		'run a program in a container of its own, of a tarball, a docker save archive,',
		'an OCI layout, or a directory with a root; -: a tarball on stdin',
		'  --name NAME          the default is run-1, run-2, ...',
		'  --memory 64M  --cpus 0.5  --pids 100  limits; the defaults are a service’s',
		'  --net none|host|bridge|NETWORK|SERVICE  none is the default; bridge, NETWORK: an',
		'                       address beside the services of one; SERVICE: that of a service',
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
		// For `slipway run-in`.
		if (args[0] === '--receive' && args.length === 1)
			return async ({ streams, out }) => {
				await receiveImage(streams.openNative(), out);
				return 0;
			};
		const request = parseRunArguments(args);
		return async ({ client, streams }) => {
			const isTerminal = process.stdin.isTTY === true;
			if (request.terminal === true && !isTerminal) throw new UsageError('-t: stdin is no terminal.');
			const terminal = request.terminal ?? isTerminal;
			const absent = request.binds.find(({ source }) => !existsSync(source));
			if (absent !== undefined)
				throw new Error(`-v ${absent.source}: the system has no such file or directory. Make it first.`);
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
		const processOf = async (name: string) =>
			await client.request<ServiceProcess>({ command: 'process', name });
		const joinNetwork = async (name: string) => joined.join('network', await processOf(name));
		const shared = await sharedNetwork(request.net, joinNetwork);
		const sharer = request.pid === null ? null : await processOf(request.pid);
		const pid = sharer === null ? ({ type: 'pid' } as const) : joined.join('pid', sharer);
		const endedService = (): string | null => (sharer !== null && hasEnded(sharer) ? request.pid : null);
		// From here on PID 1 cleans up when this connection ends.
		const { name, network: made } = await client.request<StartedRun>({
			command: 'run',
			name: request.name,
			image: request.image,
			net: shared === undefined ? request.net : null,
			owner: ownProcess(),
		});
		try {
			const network = made === null ? (shared ?? null) : joined.joinFile(made.namespace);
			const hosts = made?.hosts ?? hostsOf(request.net, streams.paths);
			const { exitCode, outOfMemory } = await runContainer(
				streams.openNative(),
				request,
				{ name, network, pid, terminal, hosts },
				streams.paths,
			);
			const note = killNote(exitCode, outOfMemory, endedService());
			if (note !== null) streams.err.write(`service: The program was ${note}.\n`);
			const status = `exited with status ${exitCode}`;
			if (exitCode !== 0) end = { ...end, reason: note === null ? status : `${status}; ${note}` };
			return exitCode;
		} catch (cause) {
			const error = inEndedService(cause, endedService());
			end = { ...end, reason: `could not be run: ${errorMessage(error)}` };
			throw error;
		} finally {
			await tellEnd({ name, ...end }, client, streams);
		}
	} finally {
		joined.close();
	}
}

/** Returns the network that it shares; null for the system's, undefined for a network of which PID 1 makes it a member. */
async function sharedNetwork(
	net: string,
	join: (service: string) => Promise<Namespace | null>,
): Promise<Namespace | null | undefined> {
	if (net === 'host') return null;
	if (net === 'none') return { type: 'network' };
	if (net === defaultNetwork.name) return undefined;
	try {
		return await join(net);
	} catch (error) {
		if (error instanceof RequestError && error.code === 'unknown-service') return undefined;
		throw error;
	}
}

/** Returns the file that is the /etc/hosts of a service on a bridge, else null. */
function hostsOf(service: string, paths: CallerStreams['paths']): string | null {
	const path = stateFiles(paths).hosts(service);
	return existsSync(path) ? path : null;
}

function ownProcess(): ProcessIdentity {
	const found = identifyProcess(process.pid);
	if (found === null) throw new Error('There is no /proc here, without which no container can be run.');
	return found;
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
