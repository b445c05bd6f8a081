// Fuzzes what the small client sends to PID 1's command socket: the request, and the command line of `service` in it.

import { residentCommand } from '../../../supervisor/cli/resident-command.ts';
import { commandHeaderBytes, commandMagic } from '../../../supervisor/contract/command-protocol.ts';
import { parseCommandRequest } from '../../../supervisor/control/command-request.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

const gone = new AbortController().signal;

function request(...texts: readonly string[]): Buffer {
	const body = Buffer.from(texts.map((text) => `${text}\0`).join(''));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(body.length);
	return Buffer.concat([commandMagic, length, body]);
}

export const target: FuzzTarget = {
	seeds: [
		request('80', 'list', '--all', '--json'),
		request('', 'status', 'redis', '--', '-x'),
		request('', 'wait', 'redis', '--for', 'ready', '--timeout=3'),
		request('', 'reload', 'redis', '--signal', 'HUP'),
		request('0', '--json', 'events', '-f'),
		request('', 'shutdown', 'halt'),
		request('', 'pid1', '--collect'),
	],
	words: [
		'\0',
		'start',
		'stop',
		'restart',
		'boot',
		'logs',
		'exec',
		'help',
		'--help',
		'-n',
		'--lines',
		'--since',
	],
	declares: never,
	async run(input) {
		const parsed = parseCommandRequest(input);
		if (parsed === null || parsed === 'garbage') return;
		const textBytes = Buffer.byteLength(parsed.args.join('\0'));
		// A byte that is no UTF-8 becomes a character of three.
		if (textBytes > 3 * (input.length - commandHeaderBytes)) throw new Violation('more text than bytes');
		let isAsked = false;
		const handle = async (): Promise<never> => {
			isAsked = true;
			throw new Error('no service');
		};
		const silent = { write: () => undefined };
		const streams = { out: silent, err: silent, nowSeconds: () => 0, columns: parsed.columns };
		const exitCode = await residentCommand(parsed.args, handle, gone, streams);
		if (exitCode === 0)
			throw new Violation(`a command has succeeded without PID 1, which was asked: ${isAsked}`);
	},
};
