// The size of the console's terminal: a serial line has none, so the host tells it.

import { closeSync, constants, openSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import type { TerminalSize } from '../../supervisor/contract/terminal-size.ts';

/** Sets the size of the terminal that /dev/console stands for (`console=` of the kernel's command line). */
export function resizeConsole(
	native: Pick<Native, 'setWindowSize'>,
	{ rows, columns }: TerminalSize,
	path = '/dev/console',
): void {
	try {
		const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
		const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		try {
			native.setWindowSize(fd, rows, columns);
		} finally {
			closeSync(fd);
		}
	} catch {
		// A machine without a console, or one that is no terminal.
	}
}
