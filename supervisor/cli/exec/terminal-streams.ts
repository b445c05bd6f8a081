// The program's terminal behind our own: each key goes through as it is, and our terminal is as before in the end.

import { closeSync } from 'node:fs';
import type { Native } from '../../../native/native.ts';
import type { ContainerTerminal } from './container-terminal.ts';
import type { ExecStreams } from './exec-streams.ts';
import { type Outlet, openOutlet } from './outlet.ts';
import { openInlet } from './terminal-inlet.ts';

const ownTerminalFd = 0;

/** Takes the terminal over. */
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
			// It is gone.
		}
	}

	resize();
	return {
		stdio: [slave, slave, slave],
		begin(onHangup) {
			// `slave` stays open: that the program has closed its terminal is not yet its end.
			native.makeRaw(ownTerminalFd);
			// Whatever ends us: an error that nobody catches, too.
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
