// A machine with a name: it has directories and a record, so other commands find it.

import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { removingOnSignals } from '../files/temporary-paths.ts';
import type { MachineRequest } from './describe-machine.ts';
import { type Machine, startMachine } from './machine.ts';
import { type MachineBases, machineFiles } from './machine-directories.ts';
import { defaultMachineName } from './machine-name.ts';
import { claimMachine, type MachineEntry, writeRecord } from './machine-state.ts';
import type { MachineOptions } from './qemu-arguments.ts';

export interface NamedMachine {
	readonly name: string;
	/** Starts QEMU, also again after it has ended. Throws a `SlipwayError`. */
	start(): Promise<Machine>;
	/** Removes the sockets of a machine that has ended; its logs stay. */
	close(): void;
}

/**
 * Takes a name for a machine that is to start.
 *
 * @param wanted - null for the system's name, with a number when a machine of that name runs
 * @param attached - whether QEMU ends with this process
 */
export async function nameMachine(
	bases: MachineBases,
	wanted: string | null,
	request: MachineRequest,
	options: MachineOptions,
	attached: boolean,
): Promise<NamedMachine> {
	const entry = await removingOnSignals(async (temporary) => {
		const claim = {
			name: wanted,
			defaultName: defaultMachineName(request.name),
			request: recordedRequest(request),
			attached,
		};
		return await claimMachine(bases, claim, temporary);
	});
	const { configDrive } = machineFiles(entry.place);
	if (options.data !== undefined) writeFileSync(configDrive, options.data, { mode: 0o600 });
	return namedMachine(entry, options);
}

function namedMachine({ record, place }: MachineEntry, options: MachineOptions): NamedMachine {
	return {
		name: record.name,
		async start() {
			const machine = await startMachine(options, { place, outlives: !record.attached });
			writeRecord(place, { ...record, started: true });
			return machine;
		},
		close: () => rmSync(place.runtime, { recursive: true, force: true }),
	};
}

/** The paths are made absolute, because the machine may be started again elsewhere. The config drive is kept as a file. */
function recordedRequest(request: MachineRequest): MachineRequest {
	const { name, memoryMegabytes, cpus, publish, accelerator, append } = request;
	const disks = request.disks.map((disk) => ({
		...disk,
		file: disk.file === null ? null : resolve(disk.file),
	}));
	return { name: resolve(name), memoryMegabytes, cpus, publish, disks, data: null, accelerator, append };
}
