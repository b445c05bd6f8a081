// The dashboard's way into a guest: its `service`, through the machine's port `slipway.control`, or by ssh for a machine elsewhere.

import { join } from 'node:path';
import { Writable } from 'node:stream';
import { connectToRelay } from '../control/relay-process.ts';
import { callService } from '../control/service-call.ts';
import { sshRunner } from '../control/ssh-service.ts';
import { machineFiles } from '../machine/machine-directories.ts';
import type { GuestAccess } from './machine-systems.ts';
import type { RemoteAccess } from './remote-system.ts';

type Output = (bytes: Buffer) => void | Promise<void>;

function sinkOf(output: Output): Writable {
	return new Writable({
		write(bytes: Buffer, _encoding, done) {
			Promise.resolve(output(bytes)).then(() => done(), done);
		},
	});
}

export const guestAccess: GuestAccess = {
	async service({ place }, args, output, signal) {
		const socket = await connectToRelay(machineFiles(place));
		const streams = { input: null, out: sinkOf(output), err: sinkOf(output) };
		const call = callService(socket, { args, terminal: null }, streams);
		// It rejects when the call is closed.
		if (signal.aborted) call.close();
		signal.addEventListener('abort', call.close, { once: true });
		return await call.exitCode.finally(() => signal.removeEventListener('abort', call.close));
	},
};

/** ssh makes a socket beside this path and adds 17 characters; sockaddr_un has room for 107 (unix(7)). */
const maxControlPath = 90;

/**
 * Connects once, with the call that follows events; the others go through that connection while it is there. Nobody is asked for a password
 * or for the key of an unknown host.
 *
 * @param folder - a directory for the socket of the connection
 */
export function sshAccess(host: string, folder: string, number: number): RemoteAccess {
	const path = join(folder, String(number));
	const shared = path.length > maxControlPath ? [] : [`-oControlPath=${path}`];
	const run = (isMaster: boolean) =>
		sshRunner(host, {
			options: [
				...['-oBatchMode=yes', '-oConnectTimeout=10', '-oServerAliveInterval=15'],
				...[...shared, `-oControlMaster=${isMaster && shared.length > 0 ? 'auto' : 'no'}`],
			],
			isBackground: true,
		});
	const [master, other] = [run(true), run(false)];
	const call = (output: Output, ended: AbortSignal) => {
		return { terminal: false, input: null, out: sinkOf(output), err: sinkOf(output), ended };
	};
	return {
		service: async (args, output, signal) =>
			await (args[0] === 'events' ? master : other)(['service', ...args], call(output, signal)),
		async uptimeSeconds(signal) {
			let text = '';
			const keep = (bytes: Buffer): void => {
				if (text.length < 100) text += bytes.toString('latin1');
			};
			const exitCode = await other(['cat', '/proc/uptime'], call(keep, signal));
			const seconds = Number(/^(\d+\.\d+) /.exec(text)?.[1] ?? Number.NaN);
			return exitCode === 0 && Number.isFinite(seconds) ? seconds : null;
		},
	};
}
