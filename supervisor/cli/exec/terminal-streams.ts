// The streams of a program with a terminal: each key goes unchanged to the program's terminal, and the terminal of `service` is
// restored in the end.

import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Native } from '../../../native/native.ts';
import type { ContainerTerminal } from './container-terminal.ts';
import type { ExecStreams } from './exec-streams.ts';
import { type Outlet, openOutlet } from './outlet.ts';

const ownTerminalFd = 0;
/** libuv polls a descriptor once, and polls this one for reading. */
const retryMs = 10;

/** Takes over `master` and `slave`. */
export function openTerminalStreams(native: Native, { master, slave }: ContainerTerminal): ExecStreams {
	const before = native.terminalSettings(ownTerminalFd);
	let outlet: Outlet | null = null;
	let inlet: { close(): void } | null = null;

	function resize(): void {
		native.setWindowSize(master, ...native.windowSize(ownTerminalFd));
	}

	function restore(): void {
		try {
			native.setTerminalSettings(ownTerminalFd, before);
		} catch {
			// The terminal is gone.
		}
	}

	resize();
	return {
		stdio: [slave, slave, slave],
		begin(onHangup) {
			// `slave` stays open, because a program that closes its terminal has not ended yet.
			native.makeRaw(ownTerminalFd);
			// Restores the terminal also after an uncaught error.
			process.once('exit', restore);
			process.on('SIGWINCH', resize);
			outlet = openOutlet(native, master, process.stdout, onHangup);
			inlet = openInlet(native, master, process.stdin);
			process.stdin.on('end', onHangup);
			process.stdin.on('error', onHangup);
		},
		async finish() {
			process.off('SIGWINCH', resize);
			inlet?.close();
			process.stdin.destroy();
			await outlet?.finish();
			closeSync(slave);
			closeSync(master);
			restore();
			process.off('exit', restore);
		},
	};
}

/**
 * Passes the keys on to the program's terminal. A program that does not read delays a long paste, but never `service`, which must
 * pass on the program's output meanwhile.
 *
 * @param fd - the terminal's master, non-blocking
 */
export function openInlet(
	native: Pick<Native, 'writeAvailable'>,
	fd: number,
	source: Readable,
): { close(): void } {
	let waiting: NodeJS.Timeout | undefined;
	let closed = false;

	function write(bytes: Uint8Array): void {
		if (closed) return;
		const rest = bytes.subarray(native.writeAvailable(fd, bytes));
		if (rest.length === 0) {
			source.resume();
			return;
		}
		source.pause();
		waiting = setTimeout(() => write(rest), retryMs);
	}

	source.on('data', write);
	return {
		close() {
			closed = true;
			clearTimeout(waiting);
			source.off('data', write);
		},
	};
}
