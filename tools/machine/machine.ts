// One QEMU process with its console, the guest's events and the ways to end it. The caller of `startMachine` stops it:
// `stop` is idempotent. QEMU also ends when this process is killed (PDEATHSIG).

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestEventLine, HostCommand } from '../../supervisor/contract/events.ts';
import { SlipwayError } from '../errors.ts';
import { createEventReader } from './guest-events.ts';
import { createLastLines, type LastLines } from './last-lines.ts';
import { type MachineOptions, qemuArguments } from './qemu-arguments.ts';

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

interface MachineEvents {
	event: [GuestEventLine];
	console: [Buffer];
	lost: [reason: string];
}

export interface Machine {
	/** `event`: each line of the event port; `console`: bytes of the first serial port; `lost`: see `MachineExit`. */
	readonly emitter: EventEmitter<MachineEvents>;
	/** All events so far, oldest first. */
	readonly events: readonly GuestEventLine[];
	readonly exited: Promise<MachineExit>;
	readonly pid: number;
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
}

/** Throws a `SlipwayError` when QEMU can't be started. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
	return await startQemu((eventSocket) => qemuArguments(options, eventSocket), options.data);
}

/**
 * Starts QEMU with other arguments than those of `slipway run`. Their console is QEMU's stdio, and their event port connects to
 * the given Unix socket. Throws a `SlipwayError` when QEMU can't be started.
 */
export async function startQemu(
	argumentsFor: (eventSocket: string) => readonly string[],
	driveData?: Uint8Array,
): Promise<Machine> {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-run-'));
	const socketPath = join(folder, 'events');
	const emitter = new EventEmitter<MachineEvents>();
	const seen: Seen = { events: [], shutdown: null, lost: null, qemuSays: '' };
	const port = await openEventPort(folder, socketPath, (event) => {
		seen.events.push(event);
		if (event.event === 'shutdown') seen.shutdown = event.action;
		emitter.emit('event', event);
	});
	const data = driveData === undefined ? null : openNameless(join(folder, 'data'), driveData);
	const qemu = spawnQemu(argumentsFor(socketPath), data);
	if (data !== null) closeSync(data);
	const lastLines = watchOutput(qemu, emitter, seen);
	const exited = exitOf(qemu, seen).finally(() => {
		port.close();
		rmSync(folder, { recursive: true, force: true });
	});
	try {
		await Promise.race([once(qemu, 'spawn'), once(qemu, 'error').then(([error]) => Promise.reject(error))]);
	} catch (error) {
		await exited;
		throw notStarted(error);
	}
	return {
		emitter,
		events: seen.events,
		exited,
		pid: qemu.pid ?? -1,
		lastLines: () => lastLines.text(),
		type: (bytes) => void qemu.stdin?.write(bytes),
		command: port.send,
		async powerOff(graceMs) {
			port.send({ command: 'poweroff' });
			const timer = setTimeout(() => qemu.kill('SIGKILL'), graceMs);
			const exit = await exited;
			clearTimeout(timer);
			return exit;
		},
		async stop() {
			qemu.kill('SIGKILL');
			return await exited;
		},
	};
}

/** The state of the guest and of QEMU as their output shows it. */
interface Seen {
	readonly events: GuestEventLine[];
	shutdown: MachineExit['shutdown'];
	lost: string | null;
	qemuSays: string;
}

interface EventPort {
	/** Ignores the command while QEMU is not connected. */
	send(command: HostCommand): void;
	close(): void;
}

/** @param folder - the directory of the socket, which is removed once QEMU has connected */
async function openEventPort(
	folder: string,
	socketPath: string,
	onEvent: (event: GuestEventLine) => void,
): Promise<EventPort> {
	let port: Socket | null = null;
	const readEvents = createEventReader(onEvent);
	const server = createServer((socket) => {
		port = socket;
		// Only QEMU connects. Once it has, the directory is removed, so that nothing stays if this process is killed.
		rmSync(folder, { recursive: true, force: true });
		socket.on('error', () => undefined);
		socket.on('data', readEvents);
	});
	server.listen(socketPath);
	await once(server, 'listening');
	return {
		send: (command) => void port?.write(`${JSON.stringify(command)}\n`),
		close() {
			port?.destroy();
			server.close();
		},
	};
}

/** Reads the console and QEMU's stderr. Ends QEMU when the guest has halted. */
function watchOutput(qemu: ChildProcess, emitter: EventEmitter<MachineEvents>, seen: Seen): LastLines {
	const lastLines = createLastLines((line) => {
		const reason = whyLost(line);
		if (seen.lost === null && reason !== null) {
			seen.lost = reason;
			emitter.emit('lost', reason);
		}
		seen.shutdown ??= lastWords(line);
		// QEMU keeps a halted machine, as hardware does; it is of no further use.
		if (lastWords(line) === 'halt') qemu.kill('SIGTERM');
	});
	qemu.stderr?.on('data', (bytes: Buffer) => {
		seen.qemuSays = (seen.qemuSays + bytes.toString('utf8')).slice(-4096);
	});
	qemu.stdout?.on('data', (bytes: Buffer) => {
		lastLines.add(bytes);
		emitter.emit('console', bytes);
	});
	qemu.stdin?.on('error', () => undefined);
	return lastLines;
}

function exitOf(qemu: ChildProcess, seen: Seen): Promise<MachineExit> {
	return new Promise((resolve) => {
		const end = (exitCode: number | null, signal: NodeJS.Signals | null, qemuSays: string): void => {
			const { shutdown, lost } = seen;
			resolve({ exitCode, signal, shutdown, lost, qemuSays });
		};
		qemu.once('error', (error) => end(null, null, error.message));
		qemu.once('close', (exitCode, signal) => end(exitCode, signal, seen.qemuSays.trim()));
	});
}

/** Returns the reason from a line by which the kernel reports that it can't continue, else null. */
function whyLost(line: string): string | null {
	const panic = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
	if (panic !== undefined) return `its kernel panicked: ${panic}`;
	// The first program of a root that is one image (native/first/message.c) ends without a panic.
	const cannotStart = /slipway: the system cannot start: (.*)/.exec(line)?.[1];
	if (cannotStart !== undefined) return `it cannot start: ${cannotStart}`;
	const unpacking = /Initramfs unpacking failed: (.*)/.exec(line)?.[1];
	if (unpacking === undefined) return null;
	return (
		`the initrd did not fit into its memory (${unpacking}). ` +
		'Give it more by --memory, or let all of it be used by --append rootfstype=ramfs'
	);
}

/** Returns the kind of shutdown from the kernel's last line (kernel/reboot.c), else null. */
function lastWords(line: string): MachineExit['shutdown'] {
	const said = /^\[ *[\d.]+\] reboot: (Power down|Restarting system|System halted)/.exec(line)?.[1];
	if (said === undefined) return null;
	return said === 'Power down' ? 'poweroff' : said === 'System halted' ? 'halt' : 'reboot';
}

/** Opens a file with this content and removes its name, so that nothing of it stays however this process ends. */
function openNameless(path: string, content: Uint8Array): number {
	writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
	const fd = openSync(path, 'r');
	rmSync(path);
	return fd;
}

/** @param data - becomes `dataDescriptor` */
function spawnQemu(args: readonly string[], data: number | null): ChildProcess {
	const setpriv = '/usr/bin/setpriv';
	const qemu = 'qemu-system-x86_64';
	const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', ...(data === null ? [] : [data])];
	// QEMU gets its own session, so that a Ctrl-C on the terminal reaches only this process.
	if (!existsSync(setpriv)) return spawn(qemu, args, { stdio, detached: true });
	return spawn(setpriv, ['--pdeathsig', 'KILL', '--', qemu, ...args], { stdio, detached: true });
}

function notStarted(cause: unknown): SlipwayError {
	return new SlipwayError(
		'TOOL_FAILED',
		'qemu-system-x86_64 could not be started. Install QEMU: apt-get install qemu-system-x86 (Debian, Ubuntu), ' +
			'dnf install qemu-system-x86-core (Fedora), pacman -S qemu-system-x86 (Arch) or apk add qemu-system-x86_64 (Alpine).',
		{ cause },
	);
}
