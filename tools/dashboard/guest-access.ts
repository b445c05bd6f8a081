// The dashboard's way into a guest: its `service`, through the machine's port `slipway.control`.

import { Writable } from 'node:stream';
import { connectToRelay } from '../control/relay-process.ts';
import { callService } from '../control/service-call.ts';
import { machineFiles } from '../machine/machine-directories.ts';
import type { GuestAccess } from './machine-systems.ts';

export const guestAccess: GuestAccess = {
	async service({ place }, args, output, signal) {
		const socket = await connectToRelay(machineFiles(place));
		const sink = (): Writable =>
			new Writable({
				write(bytes: Buffer, _encoding, done) {
					Promise.resolve(output(bytes)).then(() => done(), done);
				},
			});
		const call = callService(socket, { args, terminal: null }, { input: null, out: sink(), err: sink() });
		// It rejects when the call is closed.
		if (signal.aborted) call.close();
		signal.addEventListener('abort', call.close, { once: true });
		return await call.exitCode.finally(() => signal.removeEventListener('abort', call.close));
	},
};
