// Reads the request of a client of the command socket (contract/command-protocol.ts). Pure.

import { commandHeaderBytes, commandMagic, maxCommandBytes } from '../contract/command-protocol.ts';

export interface CommandRequest {
	readonly args: readonly string[];
	/** The width of the client's terminal; undefined when its stdout is no terminal. */
	readonly columns: number | undefined;
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
	const [width, ...args] = texts;
	if (width === undefined || !/^\d{0,5}$/.test(width)) return 'garbage';
	return { args, columns: Number(width) === 0 ? undefined : Number(width) };
}
