// The operands of commands about machines: their names, or none for the only one that runs.

import { UsageError } from '../errors.ts';
import type { MachineBases } from '../machine/machine-directories.ts';
import { findMachine, findRunningMachine, type MachineEntry } from '../machine/machine-state.ts';
import { type ForeignOptions, foreignOption } from '../terminal/arguments.ts';

/** The commands about services name the machine by an option. */
export const machineNameOptions: ForeignOptions = {
	system: foreignOption('write the NAME alone: this command is about machines.'),
};

/** Throws a `SlipwayError` unless all exist; without names, unless exactly one machine runs. */
export function namedMachines(bases: MachineBases, names: readonly string[]): MachineEntry[] {
	if (names.length === 0) return [findRunningMachine(bases, null)];
	return [...new Set(names)].map((name) => findMachine(bases, name));
}

/** Returns the one machine that the operands name, or the only one that runs. Throws a `UsageError` for more names. */
export function namedMachine(
	bases: MachineBases,
	command: string,
	[name, ...more]: readonly string[],
): MachineEntry {
	if (more.length > 0)
		throw new UsageError(`${command} takes one NAME, but there is also ${more.join(' ')}.`);
	return findRunningMachine(bases, name ?? null);
}
