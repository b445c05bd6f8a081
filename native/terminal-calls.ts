// Terminals: their line discipline, their size, pseudo terminals.

import { fd } from './arguments.ts';
import { argument, call, none, number, value } from './call.ts';
import { bytes, descriptor, size } from './check.ts';

const settings = argument<[settings: Uint8Array]>('settings', bytes);
const rows = argument<[rows: number]>('rows', size);
const columns = argument<[columns: number]>('columns', size);
const masterFd = argument<[masterFd: number]>('masterFd', descriptor);

export const terminalCalls = {
	/** A terminal's line discipline to raw (`cfmakeraw(3)`), as `/dev/ttyS1` needs for JSON lines. */
	makeRaw: call('tcsetattr', [fd], none),
	/** The settings of a terminal, for `setTerminalSettings` alone (`tcgetattr(3)`). */
	terminalSettings: call('tcgetattr', [fd], value<Buffer>()),
	setTerminalSettings: call('tcsetattr', [fd, settings], none),
	/** [rows, columns] */
	windowSize: call('ioctl', [fd], value<[number, number]>()),
	setWindowSize: call('ioctl', [fd, rows, columns], none),
	/** The other end of an open `ptmx`, unlocked, whatever mount namespace its name belongs to (`TIOCGPTPEER`). */
	openTerminalPeer: call('ioctl', [masterFd], number),
};
