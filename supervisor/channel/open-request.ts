// Parses the host's request to run a command. Pure; it never throws.

import { parseJson } from '../../native/text/parse-json.ts';
import type { OpenRequest } from '../contract/channel-protocol.ts';
import { isRecord } from '../contract/json-shape.ts';

/** Returns null when the payload is no request. */
export function parseOpenRequest(payload: Buffer): OpenRequest | null {
	const value = parseJson(payload);
	if (!isRecord(value)) return null;
	const { args, terminal = null } = value;
	// execve(2) takes no NUL.
	if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string' && !arg.includes('\0')))
		return null;
	if (terminal === null) return { args, terminal };
	if (!isRecord(terminal)) return null;
	const { rows, columns, type } = terminal;
	const isSize = (size: unknown): size is number =>
		Number.isInteger(size) && Number(size) >= 0 && Number(size) < 2 ** 16;
	if (!isSize(rows) || !isSize(columns)) return null;
	// The name of a terminfo entry.
	const isType = typeof type === 'string' && /^[\w.+-]{1,64}$/.test(type);
	return { args, terminal: { rows, columns, type: isType ? type : 'xterm' } };
}
