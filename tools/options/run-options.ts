// The option table of `slipway run`, and the values that a run uses.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseDurationMs } from '../config/durations.ts';
import { UsageError } from '../errors.ts';
import { mediumDrives } from '../machine/boot-medium.ts';
import type { MachineRequest } from '../machine/describe-machine.ts';
import { parseDiskRequest, parseDiskSize } from '../machine/disk-option.ts';
import { checkMachineName } from '../machine/machine-name.ts';
import { parsePublishedPort } from '../machine/published-port.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import { archValue, parseArch } from './arch-option.ts';
import { dockerRunOptions } from './docker-options.ts';
import { linuxkitRunOptions } from './linuxkit-options.ts';

interface RunOptions extends MachineRequest {
	/** The ports of the system's services are published, too. */
	readonly publishesAll: boolean;
	/** Null for the default. */
	readonly machineName: string | null;
	readonly detach: boolean;
	readonly json: boolean;
	readonly untilReady: boolean;
	readonly verbose: boolean;
	/** Null when the command line has no timeout. */
	readonly timeoutSeconds: number | null;
}

/** The timeout of `--until-ready` when the command line has none. */
export const readyTimeoutSeconds = 180;

export const runOptions = {
	name: {
		value: 'NAME',
		defaultText: "the system's, with a number when such a machine runs",
		group: 'Machine',
		help: 'how "slipway ps" and other commands call the machine',
	},
	arch: {
		...archValue,
		defaultText: "the kernel's",
		group: 'Machine',
		help: "the processor of the machine. One that is not this machine's is emulated",
	},
	memory: {
		value: 'SIZE',
		aliases: ['mem'],
		default: '1024',
		group: 'Machine',
		help: 'memory of the machine, such as 512M or 2G; a plain number is megabytes',
	},
	cpus: {
		value: 'N',
		defaultText: '2, or 1 on a host with one',
		group: 'Machine',
		help: 'processors of the machine',
	},
	accel: {
		choices: ['auto', 'kvm', 'tcg'],
		default: 'auto',
		group: 'Machine',
		help: 'how the processors are emulated. auto takes KVM only when a guest really runs under it',
	},
	publish: {
		value: 'HOST:GUEST|auto',
		isRepeatable: true,
		group: 'Machine',
		help:
			'forward a port of 127.0.0.1 to the guest. The whole form is [ADDRESS:]HOST:GUEST[/tcp|udp]. auto: those that services have as ' +
			'"ports" in the YAML',
	},
	disk: {
		value: 'size=SIZE[,file=PATH][,format=raw|qcow2]',
		isRepeatable: true,
		completes: 'file',
		group: 'Machine',
		help:
			'a disk; the first one is /dev/vda in the guest (/dev/vdb when the root is a disk). SIZE is such as 512M or 1G. Without a file: NAME-disk.img, ' +
			'NAME-disk2.img ... (or .qcow2). A file that exists is used as it is; what the guest has flushed to it ' +
			'survives a power cut',
	},
	data: {
		value: 'FILE|STRING',
		completes: 'file',
		group: 'Machine',
		help:
			"give the guest a file's contents, or a text, on a config drive (labelled cidata, for the package metadata " +
			'and for cloud-init)',
	},
	'data-file': {
		value: 'FILE',
		completes: 'file',
		group: 'Machine',
		help: 'as --data, but always a file, which must exist',
	},
	append: { value: 'CMDLINE', group: 'Boot', help: "add to the kernel's command line" },
	firmware: {
		choices: ['auto', 'bios', 'uefi'],
		default: 'auto',
		group: 'Boot',
		help: 'what starts a medium such as NAME.iso. auto: what the file is made for, BIOS if it is for both',
	},
	drive: {
		choices: ['auto', ...mediumDrives],
		default: 'auto',
		group: 'Boot',
		help: 'as what the machine has a medium; scsi: by virtio. auto: an .iso is a CD, everything else a virtio disk',
	},
	'secure-boot': {
		value: 'VARS',
		completes: 'file',
		group: 'Boot',
		help:
			'boot a medium by UEFI that starts only what a key of VARS has signed: the variables of OVMF (AAVMF for ARM) that "slipway keys new" ' +
			'makes. The file stays as it is',
	},
	keep: {
		group: 'Boot',
		help: 'keep what the guest writes to a disk such as NAME-efi.img in this file; without it, that is discarded at the end',
	},
	tpm: {
		group: 'Machine',
		help: 'give the machine a new TPM 2.0, in which firmware and boot loader measure what they start (by swtpm)',
	},
	detach: {
		short: 'd',
		group: 'Machine',
		help: 'run in the background: print the name and return once QEMU runs, with --until-ready once all services run',
	},
	json: {
		group: 'Machine',
		help: 'with --detach: print one JSON object, as "slipway ps --json" has for each machine',
	},
	'until-ready': {
		group: 'Boot',
		help: 'show the boot, one line a stage, and power off (exit code 0) when all services run',
	},
	verbose: {
		group: 'Boot',
		help: 'with --until-ready: also show the stages that this machine does not need',
	},
	timeout: {
		value: 'TIME',
		defaultText: `${readyTimeoutSeconds} with --until-ready, else none`,
		group: 'Boot',
		help: 'end the machine after this time, such as 90s or 5m; a plain number is seconds',
	},
} as const satisfies OptionTable;

export function parseRunOptions(args: readonly string[]): RunOptions {
	const { values, positionals } = readArguments(args, runOptions, {
		...dockerRunOptions,
		...linuxkitRunOptions,
	});
	// LinuxKit's form is `run qemu NAME`.
	const [name, ...more] =
		positionals.length === 2 && positionals[0] === 'qemu' ? positionals.slice(1) : positionals;
	if (name === undefined || name === '')
		throw new UsageError('run needs the NAME of a built system, for example redis-os.');
	if (more.length > 0) throw new UsageError(`run takes one NAME, but there is also ${more.join(' ')}.`);
	if (values.detach && values.timeout !== undefined && !values['until-ready'])
		throw new UsageError('--timeout with --detach needs --until-ready: it limits how long that waits.');
	if (values.json && !values.detach)
		throw new UsageError('--json needs --detach: without it, the output is that of the guest.');
	return {
		...machineRequestOf(values, name),
		publishesAll: values.publish.includes('auto'),
		machineName: values.name === undefined ? null : checkMachineName(values.name),
		detach: values.detach,
		json: values.json,
		untilReady: values['until-ready'],
		verbose: values.verbose,
		timeoutSeconds: values.timeout === undefined ? null : parseTimeoutSeconds(values.timeout),
		firmware: values.firmware,
		drive: values.drive,
		secureBoot: values['secure-boot'],
		keep: values.keep,
		tpm: values.tpm,
	};
}

interface MachineValues {
	readonly arch: string | undefined;
	readonly memory: string;
	readonly cpus: string | undefined;
	readonly publish: readonly string[];
	readonly disk: readonly string[];
	readonly data: string | undefined;
	readonly 'data-file': string | undefined;
	readonly accel: MachineRequest['accelerator'];
	readonly append: string | undefined;
}

/** @param name - the path of a system's files without their endings */
export function machineRequestOf(values: MachineValues, name: string): MachineRequest {
	return {
		name,
		...(values.arch === undefined ? {} : { arch: parseArch(values.arch).name }),
		memoryMegabytes: megabytes(values.memory),
		cpus: wholeNumber('--cpus', values.cpus ?? String(Math.min(2, availableParallelism())), 1, 255),
		publish: values.publish.filter((text) => text !== 'auto').map(parsePublishedPort),
		disks: values.disk.map(parseDiskRequest),
		data: dataOf(values.data, values['data-file']),
		accelerator: values.accel,
		append: values.append ?? '',
	};
}

const leastMegabytes = 64;
const mostMegabytes = 2 ** 20;

function megabytes(text: string): number {
	const value = (parseDiskSize(text) ?? 0) / 2 ** 20;
	if (value >= leastMegabytes && value <= mostMegabytes) return value;
	throw new UsageError(
		`--memory ${text}: expected a size from ${leastMegabytes}M to 1T, such as 512M or 2G; a plain number is megabytes.`,
	);
}

/** Reads the value of `--timeout`. Throws a `UsageError`. */
export function parseTimeoutSeconds(text: string): number {
	const value = /^\d{1,9}$/.test(text) ? Number(text) : (parseDurationMs(text) ?? 0) / 1000;
	if (value > 0 && value <= 86_400) return value;
	throw new UsageError(
		`--timeout ${text}: expected a time of up to a day, such as 90s or 5m; a plain number is seconds.`,
	);
}

function dataOf(data: string | undefined, file: string | undefined): MachineRequest['data'] {
	if (file === undefined) return data ?? null;
	if (data !== undefined) throw new UsageError('--data and --data-file contradict each other.');
	if (existsSync(file)) return file;
	throw new UsageError(`--data-file ${file}: there is no such file.`);
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
	const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= least && value <= most)) {
		throw new UsageError(`${option} ${text}: expected a whole number from ${least} to ${most}.`);
	}
	return value;
}
