// The relay of a machine as a process in the background. The first command that needs it starts it; it ends with the machine, or when
// nobody has needed it for a while. When it is killed, the next command starts it anew.

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { isSea } from 'node:sea';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '../errors.ts';
import { withFileLock } from '../files/file-lock.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { runRelay } from './relay.ts';

/** The sockets of one machine, in a directory that only the user can open. */
export interface ControlSockets {
	/** QEMU's. */
	readonly control: string;
	/** The relay's. */
	readonly relay: string;
}

/** The hidden first argument of the `slipway` that is a relay; the two sockets follow. */
export const relayWord = 'control-relay';

const startTimeoutMs = 20_000;
const retryMs = 50;

/** The relay itself. Returns the exit code. */
export async function relayMain([control = '', relay = '']: readonly string[]): Promise<number> {
	process.on('SIGHUP', () => undefined);
	await runRelay({ port: control, listen: (server) => listenAt(server, relay) });
	rmSync(relay, { force: true });
	return 0;
}

/** The lock of `connectToRelay` makes sure that no other relay has the socket. */
async function listenAt(server: Server, path: string): Promise<void> {
	rmSync(path, { force: true });
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(path, resolve);
	});
	chmodSync(path, 0o600);
}

/** Connects to the machine's relay, and starts one when there is none. Throws a `SlipwayError`. */
export async function connectToRelay(sockets: ControlSockets): Promise<Socket> {
	const present = await tryConnect(sockets.relay);
	if (present !== null) return present;
	if (!existsSync(sockets.control)) {
		throw new SlipwayError(
			'GUEST_FAILED',
			'The machine has no control channel: it has ended, or is of an older slipway.',
		);
	}
	return await removingOnSignals((temporary) =>
		withFileLock(`${sockets.relay}.lock`, temporary, async () => {
			return (await tryConnect(sockets.relay)) ?? (await startRelay(sockets));
		}),
	);
}

async function startRelay(sockets: ControlSockets): Promise<Socket> {
	const relay = spawnRelay(sockets);
	let failure: string | null = null;
	relay.on('error', (error) => (failure = error.message));
	relay.on('exit', (code, signal) => (failure = `it ended with ${signal ?? code}`));
	const endsAt = performance.now() + startTimeoutMs;
	while (failure === null && performance.now() < endsAt) {
		const socket = await tryConnect(sockets.relay);
		if (socket !== null) return socket;
		await sleep(retryMs);
	}
	relay.kill('SIGKILL');
	throw new SlipwayError(
		'GUEST_FAILED',
		`The relay to the machine's control channel did not start: ${failure ?? 'it is late'}.`,
	);
}

function spawnRelay({ control, relay }: ControlSockets): ChildProcess {
	// Outside of the single executable, Node needs its own options and the script.
	const node = isSea() ? [] : [...process.execArgv, process.argv[1] ?? ''];
	const child = spawn(process.execPath, [...node, relayWord, control, relay], {
		stdio: 'ignore',
		// A session of its own: a Ctrl-C on the terminal does not reach it.
		detached: true,
		cwd: '/',
	});
	child.unref();
	return child;
}

/** Returns null when nobody listens. */
function tryConnect(path: string): Promise<Socket | null> {
	return new Promise((resolve) => {
		const socket = connect(path);
		socket.once('connect', () => {
			socket.removeAllListeners('error');
			resolve(socket);
		});
		socket.once('error', () => resolve(null));
	});
}
