// A machine with a name: it has directories and a record, so other commands find it.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { mediumSystemName } from './boot-medium.ts';
import { describeMachine, type MachineRequest } from './describe-machine.ts';
import { type Machine, startMachine } from './machine.ts';
import { type MachineBases, type MachineFiles, machineFiles } from './machine-directories.ts';
import { defaultMachineName } from './machine-name.ts';
import { writeRecord } from './machine-record.ts';
import { claimMachine, type MachineEntry } from './machine-state.ts';
import type { MachineOptions } from './qemu-arguments.ts';
import { runningMachines } from './running-machines.ts';
import { systemName } from './system-files.ts';

export interface NamedMachine {
	readonly name: string;
	readonly files: MachineFiles;
	/** Reports whether QEMU runs now. */
	isUp(): boolean;
	/** Starts QEMU, also again after it has ended. Throws a `SlipwayError`. */
	start(): Promise<Machine>;
	/**
	 * Removes the sockets of a machine that has ended; its logs stay.
	 *
	 * @param ended - how it ended, in words that end a sentence; absent when its logs say that
	 */
	close(ended?: string): void;
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
	const recorded = recordedRequest(request);
	const claim = {
		name: wanted,
		defaultName: defaultMachineName('medium' in options ? mediumSystemName(recorded.name) : recorded.name),
		request: recorded,
		attached,
		keepsLogs: false,
	};
	const entry = await removingOnSignals(async (temporary) => await claimMachine(bases, claim, temporary));
	const { configDrive } = machineFiles(entry.place);
	if (options.data !== undefined) writeFileSync(configDrive, options.data, { mode: 0o600 });
	return namedMachine(entry, options);
}

/** Takes the name of an ended machine again, for the same machine in the background. Its logs go on. */
export async function nameAgain(bases: MachineBases, { record, place }: MachineEntry): Promise<NamedMachine> {
	const { name, request } = record;
	const options = describeMachine(request);
	const { configDrive } = machineFiles(place);
	const data = existsSync(configDrive) ? { data: readFileSync(configDrive) } : {};
	const claim = { name, defaultName: name, request, attached: false, keepsLogs: true };
	const entry = await removingOnSignals(async (temporary) => await claimMachine(bases, claim, temporary));
	return namedMachine(entry, { ...options, ...data });
}

function namedMachine({ record, place }: MachineEntry, options: MachineOptions): NamedMachine {
	return {
		name: record.name,
		files: machineFiles(place),
		isUp: () => runningMachines().has(place.runtime),
		async start() {
			const machine = await startMachine(options, { place, outlives: !record.attached });
			writeRecord(place, { ...record, started: true });
			return machine;
		},
		close(ended) {
			if (ended !== undefined) writeRecord(place, { ...record, started: true, ended });
			rmSync(place.runtime, { recursive: true, force: true });
		},
	};
}

/** The paths are made absolute, because the machine may be started again elsewhere. The config drive is kept as a file. */
function recordedRequest(request: MachineRequest): MachineRequest {
	const {
		name,
		memoryMegabytes,
		cpus,
		publish,
		accelerator,
		append,
		arch,
		firmware,
		drive,
		secureBoot,
		keep,
	} = request;
	const disks = request.disks.map((disk) => ({
		...disk,
		file: disk.file === null ? null : resolve(disk.file),
	}));
	return {
		name: resolve(systemName(name)),
		memoryMegabytes,
		cpus,
		publish,
		disks,
		data: null,
		accelerator,
		append,
		...(arch === undefined ? {} : { arch }),
		...(firmware === undefined ? {} : { firmware }),
		...(drive === undefined ? {} : { drive }),
		...(request.tpm === true && { tpm: true }),
		...(keep === true && { keep }),
		...(secureBoot === undefined ? {} : { secureBoot: resolve(secureBoot) }),
	};
}
