// The calls for terminals: their line discipline, their size, pseudo terminals.

import { fd } from './arguments.ts';
import { argument, call, none, number, value } from './call.ts';
import { bytes, descriptor, size } from './check.ts';

const settings = argument<[settings: Uint8Array]>('settings', bytes);
const rows = argument<[rows: number]>('rows', size);
const columns = argument<[columns: number]>('columns', size);
const masterFd = argument<[masterFd: number]>('masterFd', descriptor);

export const terminalCalls = {
	/** Sets a terminal's line discipline to raw (`cfmakeraw(3)`), as `/dev/ttyS1` needs for JSON lines. */
	makeRaw: call('tcsetattr', [fd], none),
	/** Returns 1 when the terminal hands on whole lines, 0 when a program reads each key, such as a shell at its prompt. */
	isCanonical: call('tcgetattr', [fd], number),
	/** Returns the settings of a terminal, opaque, for `setTerminalSettings` (`tcgetattr(3)`). */
	terminalSettings: call('tcgetattr', [fd], value<Buffer>()),
	setTerminalSettings: call('tcsetattr', [fd, settings], none),
	/** Returns [rows, columns]. */
	windowSize: call('ioctl', [fd], value<[number, number]>()),
	setWindowSize: call('ioctl', [fd, rows, columns], none),
	/** Opens the other end of an open `ptmx`, unlocked, independently of the mount namespace of its name (`TIOCGPTPEER`). */
	openTerminalPeer: call('ioctl', [masterFd], number),
};
