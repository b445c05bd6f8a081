// Ends machines that another command has started: cleanly through the guest, or by killing QEMU.

import { SlipwayError } from '../errors.ts';
import { adoptMachine } from './adopt-machine.ts';
import { writeRecord } from './machine-record.ts';
import { conditionOf, readSnapshot } from './machine-snapshot.ts';
import type { MachineEntry } from './machine-state.ts';
import { pressPowerButton } from './qemu-monitor.ts';

/** A press is lost while the guest boots. */
const pressAgainMs = 10_000;

export type MachineEnd = 'powered off' | 'killed' | 'not running';

/**
 * Powers the guest off: by its event port, and by the power button when it has no PID 1 of ours, which would have reported
 * something. Kills QEMU when it still runs after `graceMs`, and at once when the guest can't hear any more.
 */
export async function stopMachine(entry: MachineEntry, graceMs: number): Promise<MachineEnd> {
	if (entry.pid === null) return 'not running';
	const snapshot = readSnapshot(entry);
	const { state } = conditionOf(entry, snapshot);
	if (state === 'lost' || state === 'halted')
		return await killMachine(entry, 'ended by "slipway stop" after its guest had');
	const machine = adoptMachine(entry);
	let isKilled = false;
	const timer = setTimeout(() => {
		isKilled = true;
		void killMachine(entry, `killed by "slipway stop" after ${graceMs / 1000} s`);
	}, graceMs);
	const press = (): void => {
		// The time limit ends a machine whose monitor does not answer.
		if (snapshot.events.length + machine.events.length === 0)
			pressPowerButton(machine.monitor).catch(() => undefined);
	};
	press();
	const pressing = setInterval(press, pressAgainMs);
	await machine.powerOff(2 * graceMs);
	clearInterval(pressing);
	clearTimeout(timer);
	return isKilled ? 'killed' : 'powered off';
}

/** @param why - words that end a sentence, for "slipway ps -a" */
export async function killMachine(entry: MachineEntry, why: string): Promise<MachineEnd> {
	if (entry.pid === null) return 'not running';
	try {
		writeRecord(entry.place, { ...entry.record, started: true, ended: why });
	} catch (error) {
		// On a full disk a machine must end all the same: only how it ended is not told later.
		if (!(error instanceof SlipwayError)) throw error;
	}
	await adoptMachine(entry).stop();
	return 'killed';
}
