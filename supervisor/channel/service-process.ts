// `service` as a process that runs for the host: its pipes or its terminal become the frames of a stream.

import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import { PassThrough, type Writable } from 'node:stream';
import type { Native } from '../../native/native.ts';
import { type Outlet, openOutlet } from '../cli/exec/outlet.ts';
import { openInlet } from '../cli/exec/terminal-streams.ts';
import type { Child, ChildProcesses } from '../context/child-processes.ts';
import { channelKinds, encodeFrame, encodeGrant, type OpenRequest } from '../contract/channel-protocol.ts';
import { createGrantedWriter, createGrants, type Grants } from '../contract/granted-writer.ts';
import { childEnvironment, ownFiles } from '../contract/layout.ts';
import type { TerminalSize } from '../contract/terminal-size.ts';
import { exitCodeOf } from '../process/child-exit.ts';
import type { HostCommand } from './channel-server.ts';

const [program, ...otherPrograms] = ['client', 'service'].map((name) => `${ownFiles.libraries}/${name}`);
/** The time in which a command must end that nobody waits for, before it is killed. */
const resetGraceMs = 2000;

export interface CommandContext {
	readonly native: Native;
	readonly children: ChildProcesses;
	readonly send: (frame: Buffer) => void;
}

/** What a command is connected with, and what its streams are. */
interface Wiring {
	/** The command's descriptors 0, 1 and 2. */
	readonly stdio: readonly [number, number, number];
	/** Call it when the command has its descriptors. */
	begin(): void;
	stdin(bytes: Buffer): void;
	resize(size: TerminalSize): void;
	/** Passes on the rest of the output. */
	finish(): Promise<void>;
	/** Passes nothing on any longer. The descriptors are closed afterwards. */
	stop(): void;
}

/** Throws when `service` can't be started. */
export function startServiceProcess(
	context: CommandContext,
	stream: number,
	request: OpenRequest,
	ended: () => void,
): HostCommand {
	const { native, children, send } = context;
	const grants = createGrants();
	const descriptors = openDescriptors();
	let wiring: Wiring | null = null;
	const close = (): void => {
		wiring?.stop();
		descriptors.closeAll();
	};
	let child: Child;
	try {
		wiring = (request.terminal === null ? pipes : terminal)(context, stream, grants, descriptors, request);
		child = start(children, wiring, request);
	} catch (error) {
		close();
		throw error;
	}
	const { stdin, resize, finish, begin } = wiring;
	begin();
	let isOver = false;
	const signal = (number: number): void => {
		try {
			if (!isOver) native.kill(child.pid, number);
		} catch {
			// It has just ended, or there is no such signal.
		}
	};
	let isReset = false;
	const reset = Promise.withResolvers<void>();
	void child.exited.then(async (exit) => {
		isOver = true;
		// The host may grant no more bytes, and then reset.
		if (!isReset) await Promise.race([reset.promise, finish()]);
		close();
		if (!isReset) send(encodeFrame({ kind: channelKinds.exit, code: exitCodeOf(exit), stream }));
		ended();
	});
	return {
		stdin,
		grant: (bytes) => grants.add(bytes),
		resize,
		signal,
		reset() {
			isReset = true;
			reset.resolve();
			signal(osConstants.signals.SIGHUP);
			setTimeout(() => signal(osConstants.signals.SIGKILL), resetGraceMs).unref();
			close();
		},
	};
}

function start(children: ChildProcesses, { stdio }: Wiring, { args, terminal }: OpenRequest): Child {
	return children.start({
		path: program ?? '',
		otherPaths: otherPrograms,
		args: ['service', ...args],
		env: [...childEnvironment, ...(terminal === null ? [] : [`TERM=${terminal.type}`])],
		stdio,
		newSession: true,
		controllingTerminal: terminal !== null,
		// Nobody reads what it writes when this process is gone.
		parentDeathSignal: osConstants.signals.SIGKILL,
	});
}

function pipes(
	{ native, send }: CommandContext,
	stream: number,
	grants: Grants,
	descriptors: Descriptors,
): Wiring {
	const [stdin, toStdin] = descriptors.keep(native.pipe());
	const [fromStdout, stdout] = descriptors.keep(native.pipe());
	const [fromStderr, stderr] = descriptors.keep(native.pipe());
	const inner = [stdin, stdout, stderr] as const;
	const input = new Socket({ fd: toStdin, readable: false, writable: true });
	descriptors.leave(toStdin);
	// EPIPE means that the command has ended, or reads no more.
	input.on('error', () => undefined);
	const out = createGrantedWriter({ kind: channelKinds.stdout, stream }, grants, send);
	const err = createGrantedWriter({ kind: channelKinds.stderr, stream }, grants, send);
	const outlets: Outlet[] = [];
	return {
		stdio: inner,
		begin() {
			inner.forEach(descriptors.close);
			outlets.push(openOutlet(native, fromStdout, out, () => undefined));
			outlets.push(openOutlet(native, fromStderr, err, () => undefined));
		},
		stdin(bytes) {
			if (bytes.length === 0) input.end();
			else input.write(bytes, () => send(encodeGrant(stream, bytes.length)));
		},
		resize: () => undefined,
		async finish() {
			await Promise.all(outlets.map((outlet) => outlet.finish()));
		},
		stop: () => stopWiring([out, err, input], outlets),
	};
}

function terminal(
	{ native, send }: CommandContext,
	stream: number,
	grants: Grants,
	descriptors: Descriptors,
	request: OpenRequest,
): Wiring {
	const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
	const [master] = descriptors.keep([openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK)]);
	const [slave] = descriptors.keep([native.openTerminalPeer(master)]);
	const resize = ({ rows, columns }: TerminalSize): void => {
		if (descriptors.has(master)) native.setWindowSize(master, rows, columns);
	};
	if (request.terminal !== null) resize(request.terminal);
	const typed = new PassThrough();
	const out = createGrantedWriter({ kind: channelKinds.stdout, stream }, grants, send);
	const outlets: Outlet[] = [];
	let inlet: { close(): void } | null = null;
	return {
		stdio: [slave, slave, slave],
		begin() {
			// `slave` stays open, because a command that closes its terminal has not ended yet.
			outlets.push(openOutlet(native, master, out, () => undefined));
			inlet = openInlet(native, master, typed);
			typed.on('data', (bytes: Buffer) => send(encodeGrant(stream, bytes.length)));
		},
		stdin: (bytes) => void typed.write(bytes),
		resize,
		async finish() {
			await Promise.all(outlets.map((outlet) => outlet.finish()));
		},
		stop() {
			inlet?.close();
			stopWiring([out, typed], outlets);
		},
	};
}

/** Those that are open at this moment, and closed in the end whatever happens. */
interface Descriptors {
	keep<T extends readonly [number, ...number[]]>(fds: T): T;
	/** Its owner, who closes it, is another one now. */
	leave(fd: number): void;
	has(fd: number): boolean;
	/** Idempotent. */
	close(fd: number): void;
	closeAll(): void;
}

function openDescriptors(): Descriptors {
	const opened = new Set<number>();
	const close = (fd: number): void => {
		if (opened.delete(fd)) closeSync(fd);
	};
	return {
		keep(fds) {
			for (const fd of fds) opened.add(fd);
			return fds;
		},
		leave: (fd) => void opened.delete(fd),
		has: (fd) => opened.has(fd),
		close,
		closeAll: () => [...opened].forEach(close),
	};
}

/** The outlets must watch no descriptor that is closed. */
function stopWiring(streams: readonly (Writable | Socket)[], outlets: readonly Outlet[]): void {
	for (const stream of streams) stream.destroy();
	for (const outlet of outlets) outlet.stop();
}
