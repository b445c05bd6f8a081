// A machine as the commands print it for programs.

import { printable } from '../../native/text/printable.ts';
import { conditionOf, readSnapshot } from '../machine/machine-snapshot.ts';
import type { MachineEntry, UnreadMachine } from '../machine/machine-state.ts';
import type { OptionTable } from '../terminal/option-table.ts';

export const machineJsonOption = {
	json: { help: 'print one JSON object, as "slipway ps --json" has for each machine' },
} as const satisfies OptionTable;

/** Returns what "slipway ps --json" shows of the machine; times are as in ISO 8601. */
export function machineJson(entry: MachineEntry) {
	const { record, pid } = entry;
	const snapshot = readSnapshot(entry);
	const { state, detail, exitCode } = conditionOf(entry, snapshot);
	return {
		name: record.name,
		system: record.request.name,
		state,
		detail: printable(detail),
		pid,
		startedAt: record.startedAt,
		endedAt: state === 'ended' ? snapshot.lastSignAt.toISOString() : null,
		exitCode,
		attached: record.attached,
		ports: record.request.publish,
	};
}

/** Returns the same keys for a machine of which no more is known. */
export function unreadMachineJson({ name, pid, unread }: UnreadMachine) {
	return {
		name,
		system: null,
		state: 'unknown',
		detail: unread,
		pid,
		startedAt: null,
		endedAt: null,
		exitCode: null,
		attached: false,
		ports: [],
	};
}
