// Checks a line from the host, which comes from outside the guest.

import { parseJson } from '../../native/text/parse-json.ts';
import type { HostCommand } from '../../supervisor/contract/events.ts';
import { isRecord } from '../../supervisor/contract/json-shape.ts';

const faultKinds = ['segv', 'abort', 'heap', 'throw', 'orphans', 'hang'] as const;

/** Returns null when the line is no command. */
export function parseHostCommand(line: string): HostCommand | null {
	const value = parseJson(line);
	if (!isRecord(value)) return null;
	const command = value['command'];
	if (command === 'poweroff' || command === 'reboot') return { command };
	if (command === 'resize') return resizeCommand(value);
	const kind = faultKinds.find((known) => known === value['kind']);
	return command === 'fault' && kind !== undefined ? { command, kind } : null;
}

function resizeCommand({ rows, columns }: Record<string, unknown>): HostCommand | null {
	return isLength(rows) && isLength(columns) ? { command: 'resize', rows, columns } : null;
}

/** The kernel keeps 16 bits. */
function isLength(value: unknown): value is number {
	return Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 16;
}
