// One QEMU process and what belongs to it: its console, the guest's events, the way to end it. Whoever starts a
// machine gets it back dead: `stop` is idempotent, and QEMU dies with us even when we are killed (PDEATHSIG).

import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestEventLine, HostCommand } from '../../supervisor/contract/guest-event.ts';
import { SlipwayError } from '../commands/command.ts';
import { createEventReader } from './guest-events.ts';
import { createLastLines } from './last-lines.ts';
import { type MachineOptions, qemuArguments } from './qemu-arguments.ts';

/** How QEMU ended. */
export interface MachineExit {
	readonly exitCode: number | null;
	readonly signal: NodeJS.Signals | null;
	/** What the guest's PID 1 said before. */
	readonly shutdown: 'poweroff' | 'reboot' | 'halt' | null;
	/** Why the kernel gave up, in its own words; null if it didn't. */
	readonly panic: string | null;
	/** What QEMU itself printed on stderr. */
	readonly qemuSays: string;
}

interface MachineEvents {
	event: [GuestEventLine];
	console: [Buffer];
	panic: [reason: string];
}

export interface Machine {
	/** `event`: each line of the event port; `console`: bytes of the first serial port; `panic`: see `MachineExit`. */
	readonly emitter: EventEmitter<MachineEvents>;
	/** Everything the guest has told so far, in order. */
	readonly events: readonly GuestEventLine[];
	readonly exited: Promise<MachineExit>;
	readonly pid: number;
	/** The last lines of the console. */
	lastLines(): string;
	/** Types into the console. */
	type(bytes: Buffer | string): void;
	/** Sends a command to PID 1 by the event port. */
	command(command: HostCommand): void;
	/** Asks for a clean power-off, and kills QEMU if that takes longer than `graceMs`. */
	powerOff(graceMs: number): Promise<MachineExit>;
	/** Pulls the plug. */
	stop(): Promise<MachineExit>;
}

export async function startMachine(options: MachineOptions): Promise<Machine> {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-run-'));
	const socketPath = join(folder, 'events');
	const emitter = new EventEmitter<MachineEvents>();
	const events: GuestEventLine[] = [];
	let panic: string | null = null;
	const lastLines = createLastLines((line) => {
		const reason = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
		if (panic !== null || reason === undefined) return;
		panic = reason;
		emitter.emit('panic', reason);
	});
	let shutdown: MachineExit['shutdown'] = null;
	let port: Socket | null = null;

	const server = createServer((socket) => {
		port = socket;
		socket.on('error', () => undefined);
		socket.on('data', readEvents);
	});
	const readEvents = createEventReader((event) => {
		events.push(event);
		if (event.event === 'shutdown') shutdown = event.action;
		emitter.emit('event', event);
	});
	await listen(server, socketPath);

	const qemu = spawnQemu(qemuArguments(options, socketPath));
	let qemuSays = '';
	qemu.stderr?.on('data', (bytes: Buffer) => {
		qemuSays = (qemuSays + bytes.toString('utf8')).slice(-4096);
	});
	qemu.stdout?.on('data', (bytes: Buffer) => {
		lastLines.add(bytes);
		emitter.emit('console', bytes);
	});
	qemu.stdin?.on('error', () => undefined);

	const exited = new Promise<MachineExit>((resolve) => {
		qemu.once('error', (error) => {
			qemuSays = error.message;
			resolve({ exitCode: null, signal: null, shutdown, panic, qemuSays });
		});
		qemu.once('close', (exitCode, signal) =>
			resolve({ exitCode, signal, shutdown, panic, qemuSays: qemuSays.trim() }),
		);
	}).finally(() => {
		port?.destroy();
		server.close();
		rmSync(folder, { recursive: true, force: true });
	});

	try {
		await Promise.race([once(qemu, 'spawn'), once(qemu, 'error').then(([error]) => Promise.reject(error))]);
	} catch (error) {
		await exited;
		throw notStarted(error);
	}

	const machine: Machine = {
		emitter,
		events,
		exited,
		pid: qemu.pid ?? -1,
		lastLines: () => lastLines.text(),
		type: (bytes) => void qemu.stdin?.write(bytes),
		command: (command) => void port?.write(`${JSON.stringify(command)}\n`),
		async powerOff(graceMs) {
			machine.command({ command: 'poweroff' });
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
	return machine;
}

function spawnQemu(args: readonly string[]): ChildProcess {
	const setpriv = '/usr/bin/setpriv';
	const qemu = 'qemu-system-x86_64';
	const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
	// A session of its own, so that a Ctrl-C on our terminal reaches us alone and we decide what it means.
	if (!existsSync(setpriv)) return spawn(qemu, args, { stdio, detached: true });
	return spawn(setpriv, ['--pdeathsig', 'KILL', '--', qemu, ...args], { stdio, detached: true });
}

async function listen(server: Server, path: string): Promise<void> {
	server.listen(path);
	await once(server, 'listening');
}

function notStarted(cause: unknown): SlipwayError {
	return new SlipwayError(
		'QEMU_MISSING',
		'qemu-system-x86_64 could not be started. Install it (Debian: qemu-system-x86) and try again.',
		{ cause },
	);
}
