// Ends machines that another command has started: cleanly through the guest, or by killing QEMU.

import { adoptMachine } from './adopt-machine.ts';
import { conditionOf, readSnapshot } from './machine-snapshot.ts';
import { type MachineEntry, writeRecord } from './machine-state.ts';

export type MachineEnd = 'powered off' | 'killed' | 'not running';

/** Powers the guest off. Kills QEMU when it still runs after `graceMs`, and at once when the guest can't hear any more. */
export async function stopMachine(entry: MachineEntry, graceMs: number): Promise<MachineEnd> {
	if (entry.pid === null) return 'not running';
	const { state } = conditionOf(entry, readSnapshot(entry));
	if (state === 'lost' || state === 'halted')
		return await killMachine(entry, 'ended by "slipway stop" after its guest had');
	const machine = adoptMachine(entry);
	let isKilled = false;
	const timer = setTimeout(() => {
		isKilled = true;
		void killMachine(entry, `killed by "slipway stop" after ${graceMs / 1000} s`);
	}, graceMs);
	await machine.powerOff(2 * graceMs);
	clearTimeout(timer);
	return isKilled ? 'killed' : 'powered off';
}

/** @param why - words that end a sentence, for "slipway ps -a" */
export async function killMachine(entry: MachineEntry, why: string): Promise<MachineEnd> {
	if (entry.pid === null) return 'not running';
	writeRecord(entry.place, { ...entry.record, started: true, ended: why });
	await adoptMachine(entry).stop();
	return 'killed';
}
