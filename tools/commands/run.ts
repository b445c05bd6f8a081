// `slipway run`: boots a built system in QEMU.

import { statSync } from 'node:fs';
import { SlipwayError } from '../errors.ts';
import { chooseAccelerator, probeHost } from '../machine/accelerator.ts';
import { attachConsole } from '../machine/attach-console.ts';
import { configDrive, readData } from '../machine/config-drive.ts';
import { prepareDisks } from '../machine/disk-images.ts';
import { startMachine } from '../machine/machine.ts';
import { checkExit, stoppingOnSignals, withDeadline, withLastLines } from '../machine/machine-end.ts';
import { progressLine } from '../machine/progress.ts';
import type { MachineOptions } from '../machine/qemu-arguments.ts';
import { findSystem } from '../machine/system-files.ts';
import { stillInTrouble, waitUntilReady } from '../machine/wait-until-ready.ts';
import { parseRunOptions, type RunOptions, readyTimeoutSeconds, runOptions } from '../options/run-options.ts';
import { outputFormats } from '../output/formats.ts';
import { readUnpackedSize } from '../output/initrd-marks.ts';
import { neededMegabytes } from '../output/memory-need.ts';
import type { Command } from '../terminal/command.ts';
import type { Streams } from '../terminal/streams.ts';

const powerOffGraceMs = 60_000;

const bootableFormats = outputFormats
	.filter(({ boot }) => boot !== null)
	.map(({ name }) => name)
	.join(' or ');

const about = `Boots the system NAME in QEMU; "slipway build" makes it with --format ${bootableFormats}.
The guest's console is shown; on a terminal you can type into it, and Ctrl-A X ends the machine.`;

const notes = `Exit code: 0 after a clean power-off or halt, 1 when the boot failed, the time ran out or the guest panicked,
2 for wrong usage.`;

export const runCommand: Command = {
	name: 'run',
	summary: 'boot a built system in QEMU',
	operands: 'NAME',
	operandsComplete: 'file',
	about,
	options: runOptions,
	notes,
	async run(args, streams) {
		const options = parseRunOptions(args);
		const machineOptions = describeMachine(options);
		if (options.untilReady) return await runUntilReady(machineOptions, options, streams);
		return await runAttached(machineOptions, options, streams);
	},
};

/** The machine for these options; throws when the system or the accelerator isn't there. */
export function describeMachine(options: RunOptions): MachineOptions {
	const system = findSystem(options.name);
	const commandLine = [system.commandLine, 'slipway.events=ttyS1', options.append]
		.filter((part) => part !== '')
		.join(' ');
	checkMemory(options, system.initrd, commandLine);
	return {
		kernel: system.kernel,
		initrd: system.initrd,
		commandLine,
		memoryMegabytes: options.memoryMegabytes,
		cpus: options.cpus,
		accelerator: chooseAccelerator(options.accelerator, probeHost()),
		publish: options.publish,
		...(options.data === null ? {} : { data: configDrive(readData(options.data)) }),
		// The last of all: what is wrong with the rest leaves no disk behind.
		disks: prepareDisks(options.disks, options.name),
	};
}

/** Nothing is known of an initrd that another tool has made. */
function checkMemory({ name, memoryMegabytes }: RunOptions, initrd: string, commandLine: string): void {
	const unpacked = readUnpackedSize(initrd);
	if (unpacked === null) return;
	const needed = neededMegabytes({ unpacked, initrdBytes: statSync(initrd).size, commandLine });
	if (memoryMegabytes >= needed) return;
	throw new SlipwayError(
		'BAD_INPUT',
		`${name} needs at least ${needed} MB of memory until its services run, and --memory is ${memoryMegabytes}.`,
	);
}

async function runUntilReady(
	machineOptions: MachineOptions,
	options: RunOptions,
	streams: Streams,
): Promise<number> {
	const machine = await startMachine(machineOptions);
	return await stoppingOnSignals(machine, async () => {
		machine.emitter.on('event', (event) => streams.out.write(`${progressLine(event)}\n`));
		try {
			await waitUntilReady(machine, (options.timeoutSeconds ?? readyTimeoutSeconds) * 1000);
		} catch (error) {
			throw withLastLines(error, machine);
		}
		// All services run; an onboot container that failed is told all the same.
		for (const trouble of stillInTrouble(machine.events)) streams.err.write(`slipway: ${trouble}\n`);
		checkExit(await machine.powerOff(powerOffGraceMs), machine);
		return 0;
	});
}

/** A reboot of the guest starts the machine anew, as on real hardware; QEMU itself is told to end on it. */
async function runAttached(
	machineOptions: MachineOptions,
	options: RunOptions,
	streams: Streams,
): Promise<number> {
	const deadline = options.timeoutSeconds === null ? null : performance.now() + options.timeoutSeconds * 1000;
	for (;;) {
		const machine = await startMachine(machineOptions);
		const end = await stoppingOnSignals(machine, () =>
			withDeadline(machine, deadline, attachConsole(machine, { input: process.stdin, output: streams.out })),
		);
		if (end === 'quit') return 0;
		if (end === 'timeout') {
			throw new SlipwayError(
				'TIMEOUT',
				`The guest still ran after ${options.timeoutSeconds} s; QEMU was ended.`,
			);
		}
		const exit = await machine.exited;
		if (exit.shutdown === 'reboot' && exit.exitCode === 0) continue;
		checkExit(exit, machine);
		return 0;
	}
}
