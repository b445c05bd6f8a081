// Waits until QEMU's monitor answers: from then on QEMU runs the guest, and a mistake on its command line is out of question.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;

/** Resolves once the monitor at this path greets (QMP), or when `signal` is aborted. */
export async function waitForGreeting(qmp: string, signal: AbortSignal): Promise<void> {
	while (!signal.aborted && !(await greets(qmp, signal))) await sleep(pollMs);
}

function greets(qmp: string, signal: AbortSignal): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ path: qmp, signal });
		const end = (greeted: boolean) => (): void => {
			socket.destroy();
			resolve(greeted);
		};
		socket.once('data', end(true));
		socket.once('error', end(false));
		socket.once('close', end(false));
	});
}
