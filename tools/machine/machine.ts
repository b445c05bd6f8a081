// One QEMU process with its console, the guest's events and the ways to end it. The caller of `startMachine` stops it:
// `stop` is idempotent. QEMU also ends when this process is killed (PDEATHSIG), unless it is to outlive it.

import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import {
	closeSync,
	existsSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { hasCode } from '../../native/linux/has-code.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import type { GuestEventLine, HostCommand } from '../../supervisor/contract/events.ts';
import { hostProcessor, type Processor } from '../../supervisor/contract/processors.ts';
import { SlipwayError } from '../errors.ts';
import { keepLogsSmall } from './log-keeper.ts';
import { type MachinePlace, machineFiles } from './machine-directories.ts';
import { type MachineOptions, qemuArguments } from './qemu-arguments.ts';
import { endTpm, startTpm } from './tpm.ts';
import { type MachineEvents, shutdownOf, type WatchedMachine, watchMachine } from './watch-machine.ts';

/** How QEMU ended. */
export interface MachineExit {
	readonly exitCode: number | null;
	readonly signal: NodeJS.Signals | null;
	/** How the guest shut down, as its PID 1 reported; with another PID 1, as the kernel printed. */
	readonly shutdown: 'poweroff' | 'reboot' | 'halt' | null;
	/** Why the guest can't continue (a panic), in words that end a sentence; null when it can. */
	readonly lost: string | null;
	/** The end of QEMU's stderr, trimmed. */
	readonly qemuSays: string;
}

export interface Machine {
	/** `event`: each line of the event port; `console`: bytes of the first serial port; `lost`: see `MachineExit`. */
	readonly emitter: EventEmitter<MachineEvents>;
	/** The events of this boot so far, oldest first; of very many, the first and the last. */
	readonly events: readonly GuestEventLine[];
	readonly exited: Promise<MachineExit>;
	readonly pid: number;
	/** The path of the socket of QEMU's monitor (`monitorCommand()`). */
	readonly monitor: string;
	/** The last lines of the console. */
	lastLines(): string;
	/** Writes to the console as if typed. */
	type(bytes: Buffer | string): void;
	/** Sends a command to PID 1 through the event port. */
	command(command: HostCommand): void;
	/** Requests a clean power-off, and kills QEMU if that takes longer than `graceMs`. */
	powerOff(graceMs: number): Promise<MachineExit>;
	/** Kills QEMU. */
	stop(): Promise<MachineExit>;
	/** Lets this process end while QEMU runs on; nothing of the machine is used afterwards. */
	detach(): void;
}

export interface MachineSettings {
	/** Its directories; null for temporary ones, which are removed when QEMU ends. */
	readonly place: MachinePlace | null;
	/** Reports whether QEMU goes on when this process ends. A guest that reboots then boots again by itself. */
	readonly outlives: boolean;
}

/** Throws a `SlipwayError` when QEMU can't be started. */
export async function startMachine(
	options: MachineOptions,
	settings: MachineSettings = { place: null, outlives: false },
): Promise<Machine> {
	const onReboot = settings.outlives ? 'reset' : 'exit';
	const argumentsFor = (place: MachinePlace): readonly string[] => {
		if ('medium' in options && options.medium.drive === 'program')
			placeProgram(options.medium.path, place, options.processor ?? hostProcessor);
		if (options.tpm === true) startTpm(place);
		return qemuArguments(options, place, onReboot);
	};
	return await startQemu(argumentsFor, options.data, settings, options.processor);
}

/**
 * Starts QEMU with other arguments than those of `slipway run`; they contain `portArguments()` of the given place. Throws a
 * `SlipwayError` when QEMU can't be started.
 */
export async function startQemu(
	argumentsFor: (place: MachinePlace) => readonly string[],
	driveData?: Uint8Array,
	settings: MachineSettings = { place: null, outlives: false },
	processor: Processor = hostProcessor,
): Promise<Machine> {
	const temporary = settings.place === null ? mkdtempSync(join(tmpdir(), 'slipway-run-')) : null;
	const place = settings.place ?? { runtime: temporary ?? '', state: temporary ?? '' };
	const files = machineFiles(place);
	makePorts(place);
	const data = driveData === undefined ? null : openNameless(join(place.runtime, 'data'), driveData);
	const errors = openSync(files.qemuLog, 'w', 0o600);
	const logBytes = { console: sizeOf(files.consoleLog), events: sizeOf(files.eventLog) };
	const qemu = spawnQemu(processor.qemu.program, argumentsFor(place), {
		data,
		errors,
		outlives: settings.outlives,
	});
	for (const fd of [data, errors]) if (fd !== null) closeSync(fd);
	const watched = watchMachine(files, logBytes, () => qemu.kill('SIGTERM'));
	const exited = exitOf(qemu, files.qemuLog, watched).finally(() => {
		if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
	});
	try {
		await Promise.race([once(qemu, 'spawn'), once(qemu, 'error').then(([error]) => Promise.reject(error))]);
	} catch (error) {
		endTpm(place);
		await exited;
		throw notStarted(processor, error);
	}
	if (qemu.pid !== undefined) keepLogsSmall(qemu.pid, files);
	const child: QemuProcess = {
		pid: qemu.pid ?? -1,
		monitor: files.qmp,
		kill: (signal) => void qemu.kill(signal),
		unref: () => qemu.unref(),
	};
	return machineOf(child, watched, exited);
}

/** The process of QEMU, a child of this one or not. */
export interface QemuProcess {
	readonly pid: number;
	readonly monitor: string;
	kill(signal: NodeJS.Signals): void;
	/** Lets this process end before QEMU does. */
	unref(): void;
}

export function machineOf(qemu: QemuProcess, watched: WatchedMachine, exited: Promise<MachineExit>): Machine {
	const { emitter, seen, lastLines, console, commands } = watched;
	const command = (line: HostCommand): void => commands.write(`${JSON.stringify(line)}\n`);
	return {
		emitter,
		events: seen.events,
		exited,
		pid: qemu.pid,
		monitor: qemu.monitor,
		lastLines: () => lastLines.text(),
		type: (bytes) => console.write(bytes),
		command,
		async powerOff(graceMs) {
			// A guest that still boots reads nothing and loses what is sent, so the command is repeated.
			const ask = (): void => {
				if (seen.reported === null) command({ command: 'poweroff' });
			};
			ask();
			const asking = setInterval(ask, askAgainMs);
			const timer = setTimeout(() => qemu.kill('SIGKILL'), graceMs);
			const exit = await exited;
			clearInterval(asking);
			clearTimeout(timer);
			return exit;
		},
		async stop() {
			qemu.kill('SIGKILL');
			return await exited;
		},
		detach() {
			watched.stop();
			qemu.unref();
		},
	};
}

const askAgainMs = 2000;

/** Creates what QEMU opens for `portArguments()`. What a guest writes goes to the logs alone, so `.out` is a link to /dev/null. */
function makePorts(place: MachinePlace): void {
	const { consoleInput, eventInput, consoleLog, eventLog } = machineFiles(place);
	for (const input of [consoleInput, eventInput]) {
		const output = input.replace(/\.in$/, '.out');
		for (const path of [input, output]) rmSync(path, { force: true });
		makeFifo(input);
		symlinkSync('/dev/null', output);
	}
	for (const log of [consoleLog, eventLog]) closeSync(openSync(log, 'a', 0o600));
}

function makeFifo(path: string): void {
	try {
		execFileSync('mkfifo', ['--mode=600', path], { stdio: ['ignore', 'ignore', 'pipe'] });
	} catch (cause) {
		const why = hasCode(cause, 'ENOENT') ? 'it is not in PATH' : errorMessage(cause).trim();
		throw new SlipwayError(
			'TOOL_FAILED',
			`mkfifo could not make ${path}: ${why}. Machines need it; it is a program of the package coreutils.`,
			{ cause },
		);
	}
}

/** QEMU shows the directory as a disk; firmware without settings starts the program of this name. */
function placeProgram(program: string, place: MachinePlace, { efi }: Processor): void {
	const folder = join(machineFiles(place).efiPartition, 'EFI/BOOT');
	rmSync(folder, { recursive: true, force: true });
	makeFolder(folder, 0o777);
	symlinkSync(resolve(program), join(folder, efi.bootFile));
}

function sizeOf(path: string): number {
	return statSync(path).size;
}

function exitOf(qemu: ChildProcess, qemuLog: string, watched: WatchedMachine): Promise<MachineExit> {
	return new Promise((resolve) => {
		const end = (exitCode: number | null, signal: NodeJS.Signals | null, says: string): void => {
			watched.finish();
			const { lost } = watched.seen;
			resolve({ exitCode, signal, shutdown: shutdownOf(watched.seen), lost, qemuSays: says });
		};
		qemu.once('error', (error) => end(null, null, error.message));
		qemu.once('close', (exitCode, signal) => end(exitCode, signal, endOf(qemuLog)));
	});
}

/** Another machine may have taken the name by now, and the directory with it. */
function endOf(path: string): string {
	return existsSync(path) ? readFileSync(path, 'utf8').slice(-4096).trim() : '';
}

/** Opens a file with this content and removes its name, so that nothing of it stays however this process ends. */
function openNameless(path: string, content: Uint8Array): number {
	writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
	const fd = openSync(path, 'r');
	rmSync(path);
	return fd;
}

interface QemuDescriptors {
	/** Becomes `dataDescriptor`. */
	readonly data: number | null;
	readonly errors: number;
	readonly outlives: boolean;
}

function spawnQemu(
	qemu: string,
	args: readonly string[],
	{ data, errors, outlives }: QemuDescriptors,
): ChildProcess {
	const setpriv = '/usr/bin/setpriv';
	const stdio: StdioOptions = ['ignore', 'ignore', errors, ...(data === null ? [] : [data])];
	// QEMU gets its own session, so that a Ctrl-C on the terminal reaches only this process.
	// setpriv would start, and tell in its own words that there is no QEMU.
	const isThere = (process.env['PATH'] ?? '')
		.split(delimiter)
		.some((folder) => existsSync(join(folder, qemu)));
	if (outlives || !isThere || !existsSync(setpriv)) return spawn(qemu, args, { stdio, detached: true });
	return spawn(setpriv, ['--pdeathsig', 'KILL', '--', qemu, ...args], { stdio, detached: true });
}

function notStarted({ qemu: { program, packages } }: Processor, cause: unknown): SlipwayError {
	return new SlipwayError(
		'TOOL_FAILED',
		`${program} could not be started. Install QEMU: apt-get install ${packages['apt-get']} (Debian, Ubuntu), ` +
			`dnf install ${packages.dnf} (Fedora), pacman -S ${packages.pacman} (Arch) or apk add ${packages.apk} (Alpine).`,
		{ cause },
	);
}
