// The program `channel`: the guest's end of the port `slipway.control`, which is its stdin. PID 1 starts it (init/process/control-port.ts),
// and it ends when the host disconnects.

import { parentOf } from '../../native/linux/proc-stat.ts';
import type { Native } from '../../native/native.ts';
import { type ChannelServer, createChannelServer } from '../../supervisor/channel/channel-server.ts';
import { createPortWriter } from '../../supervisor/channel/port-writer.ts';
import { startServiceProcess } from '../../supervisor/channel/service-process.ts';
import { within } from '../../supervisor/process/timeout.ts';
import { Reaper } from '../process/reaper.ts';

const portFd = 0;
const readBytes = 64 * 1024;
/** SIGCHLDs merge, and one may come before the listener is there. */
const sweepMs = 1000;
const lastWordsMs = 500;

/** Returns the exit code. */
export async function runChannel(native: Native): Promise<number> {
	native.setProcessName('channel');
	const children = new Reaper(native, parentOf);
	process.on('SIGCHLD', () => children.reap());
	setInterval(() => children.reap(), sweepMs).unref();
	const writer = createPortWriter((bytes) => native.writeAvailable(portFd, bytes));
	const { write: send } = writer;
	const server = createChannelServer({
		send,
		start: (stream, request, ended) =>
			startServiceProcess({ native, children, send }, stream, request, ended),
	});
	const ending = await Promise.race([untilHangup(native, server), untilSignal()]);
	server.close(ending === 'hangup' ? 'the host is gone' : 'the system shuts down');
	await within(writer.flushed(), lastWordsMs);
	// Commands that are reset may still run, and keep no event loop of ours.
	process.exit(0);
}

function untilHangup(native: Native, server: ChannelServer): Promise<'hangup'> {
	return new Promise((resolve) => {
		const stop = native.watchReadable(portFd, () => {
			try {
				const bytes = native.readAvailable(portFd, readBytes);
				if (bytes === null) return;
				if (bytes.length > 0) return server.add(bytes);
			} catch {
				// The device is gone.
			}
			stop();
			resolve('hangup');
		});
	});
}

function untilSignal(): Promise<'signal'> {
	return new Promise((resolve) => process.once('SIGTERM', () => resolve('signal')));
}
