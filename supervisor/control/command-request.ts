// Reads the request of a client of the command socket (contract/command-protocol.ts). Pure.

import { commandHeaderBytes, commandMagic, maxCommandBytes } from '../contract/command-protocol.ts';

export interface CommandRequest {
	readonly args: readonly string[];
	/** The size of the client's terminal; undefined when its stdout is no terminal, or one that does not know. */
	readonly columns: number | undefined;
	readonly rows: number | undefined;
	readonly isTerminal: boolean;
	readonly wantsColour: boolean;
}

/** @returns null when more bytes must come, `garbage` when no more bytes make this a request */
export function parseCommandRequest(bytes: Buffer): CommandRequest | null | 'garbage' {
	const magic = bytes.subarray(0, commandMagic.length);
	if (!magic.equals(commandMagic.subarray(0, magic.length))) return 'garbage';
	if (bytes.length < commandHeaderBytes) return null;
	const length = bytes.readUInt32LE(commandMagic.length);
	if (length > maxCommandBytes || bytes.length > commandHeaderBytes + length) return 'garbage';
	if (bytes.length < commandHeaderBytes + length) return null;
	const texts = bytes.toString('utf8', commandHeaderBytes).split('\0');
	// The bytes after the last NUL are no text.
	if (texts.pop() !== '') return 'garbage';
	const [terminal = '?', ...args] = texts;
	const match = /^(\d{0,5})(?:x(\d{1,5}))?(t?)(c?)$/.exec(terminal);
	if (match === null) return 'garbage';
	const [, columns, rows, isTerminal, wantsColour] = match;
	return {
		args,
		columns: sizeOf(columns),
		rows: sizeOf(rows),
		isTerminal: isTerminal === 't',
		wantsColour: wantsColour === 'c',
	};
}

function sizeOf(text: string | undefined): number | undefined {
	return Number(text ?? 0) === 0 ? undefined : Number(text);
}
