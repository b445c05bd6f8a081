// A booted guest for tests: started by the same code as `slipway run`, used through what a user has: the forwarded
// port, the events, and the shell that getty gives on the serial console.

import { createServer } from 'node:net';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { BootMedium } from '../../tools/machine/boot-medium.ts';
import { type Machine, type MachineExit, startMachine } from '../../tools/machine/machine.ts';
import type { DirectBoot, MachineOptions } from '../../tools/machine/qemu-arguments.ts';
import { findSystem } from '../../tools/machine/system-files.ts';
import { waitUntilReady } from '../../tools/machine/wait-until-ready.ts';
import { mostMemoryMegabytes } from './boots-at-once.ts';
import { runProgram } from './program.ts';

export interface GuestOptions {
	readonly append?: string;
	/** At most `mostMemoryMegabytes`. */
	readonly memoryMegabytes?: number;
	/** One by default: a boot is mostly one thread's work, and two of them side by side keep two processors busy. A file whose machine has more runs alone. */
	readonly cpus?: number;
	readonly disks?: MachineOptions['disks'];
	/** Ports of the guest, besides Redis', that the host is to reach. */
	readonly publish?: readonly number[];
	readonly data?: Uint8Array;
	/** What firmware boots in place of a kernel and an initrd. */
	readonly medium?: BootMedium;
	/** The machine has a TPM. */
	readonly tpm?: true;
	/** How to log in on the console; without it there is a shell. */
	readonly login?: { readonly user: string; readonly password: string };
}

export interface Guest {
	readonly machine: Machine;
	/** The host's port that leads to Redis. */
	readonly redisPort: number;
	/** The host's port that leads to one of `publish`. */
	port(guestPort: number): number;
	/** Runs a line in the root shell of the console; its output (both streams) and exit status. */
	shell(command: string): Promise<{ readonly output: string; readonly status: number }>;
	/** The shell is about to be killed: the next line waits for the one after it. */
	shellEnds(): void;
	/** Resolves with the output of a real Redis client. */
	redis(...words: readonly string[]): Promise<string>;
	/** The first event, already seen or to come, that `match` accepts. */
	event(match: (event: GuestEventLine) => boolean, timeoutMs?: number): Promise<GuestEventLine>;
	exited(timeoutMs?: number): Promise<MachineExit>;
}

const redisGuestPort = 6379;

/** Ample: machines are shared, and one that stood still for a minute is no failure of ours. */
const defaultTimeoutMs = 300_000;

export async function bootGuest(name: string, options: GuestOptions = {}): Promise<Guest> {
	const memoryMegabytes = options.memoryMegabytes ?? 768;
	if (memoryMegabytes > mostMemoryMegabytes)
		throw new Error(
			`a machine of ${memoryMegabytes} MB does not fit beside another: raise mostMemoryMegabytes of test/helpers/boots-at-once.ts`,
		);
	const ports = new Map<number, number>();
	for (const guestPort of [redisGuestPort, ...(options.publish ?? [])])
		ports.set(guestPort, await freePort());
	const port = (guestPort: number): number => ports.get(guestPort) ?? 0;
	const redisPort = port(redisGuestPort);
	const machine = await startMachine({
		...(options.medium === undefined ? kernelAndInitrd(name, options) : { medium: options.medium }),
		memoryMegabytes,
		cpus: options.cpus ?? 1,
		accelerator: 'tcg',
		publish: [...ports].map(([guestPort, hostPort]) => {
			return { address: '127.0.0.1', hostPort, guestPort, protocol: 'tcp' };
		}),
		...(options.disks === undefined ? {} : { disks: options.disks }),
		...(options.data === undefined ? {} : { data: options.data }),
		...(options.tpm === undefined ? {} : { tpm: options.tpm }),
	});
	let commands = 0;
	let shellIsThere: Promise<void> | null = null;
	const guest: Guest = {
		machine,
		redisPort,
		port,
		async shell(command) {
			shellIsThere ??= logIn(machine, options.login).then(() => shellAnswers(machine));
			await shellIsThere;
			const mark = `m${++commands}k`;
			// The quotes keep the marks out of the terminal's echo of what is typed.
			const done = readConsole(machine, new RegExp(`B${mark}\\r?\\n([^]*?)E${mark}:(\\d+)\\r?\\n`));
			machine.type(`echo B""${mark}; ${command}; echo E""${mark}:$?\r`);
			const match = await within(done, `the shell to run: ${command}`, machine);
			return { output: withoutMessages((match[1] ?? '').replaceAll('\r', '')), status: Number(match[2]) };
		},
		shellEnds() {
			shellIsThere = null;
		},
		async redis(...words) {
			const client = await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(redisPort), ...words]);
			return client.stdout.trim() + client.stderr.trim();
		},
		async event(match, timeoutMs) {
			const seen = machine.events.find(match);
			if (seen !== undefined) return seen;
			const coming = new Promise<GuestEventLine>((resolve) => {
				const look = (event: GuestEventLine): void => {
					if (!match(event)) return;
					machine.emitter.off('event', look);
					resolve(event);
				};
				machine.emitter.on('event', look);
			});
			return await within(coming, `an event ${match.toString()}`, machine, timeoutMs);
		},
		async exited(timeoutMs) {
			return await withinTime(machine.exited, 'QEMU to end', machine, timeoutMs);
		},
	};
	return guest;
}

function kernelAndInitrd(name: string, { append = '' }: GuestOptions): DirectBoot {
	const system = findSystem(name);
	return { ...system, commandLine: `${system.commandLine} slipway.events=ttyS1 ${append}` };
}

/** The kernel and PID 1 write to the same console, whole lines each: `[   12.345678] ` or `[  12.345] `. */
function withoutMessages(output: string): string {
	return output.replaceAll(/^\[ *\d+\.\d{3,6}\] .*\n/gm, '');
}

/** Boots and waits until all services run. */
export async function bootReadyGuest(name: string, options: GuestOptions = {}): Promise<Guest> {
	const guest = await bootGuest(name, options);
	try {
		await waitUntilReady(guest.machine, defaultTimeoutMs);
	} catch (error) {
		const console = guest.machine.lastLines();
		await guest.machine.stop();
		throw new Error(`${String(error)}\n${console}`);
	}
	return guest;
}

/** Each prompt is waited for; what is typed before is lost or taken for a name. */
async function logIn(machine: Machine, login: GuestOptions['login']): Promise<void> {
	if (login === undefined) return;
	const ask = (): void => machine.type('\r');
	const timer = setInterval(ask, 2000);
	try {
		await within(readConsole(machine, /login: $/), 'the console to ask for a name', machine);
	} finally {
		clearInterval(timer);
	}
	const password = readConsole(machine, /Password: $/);
	machine.type(`${login.user}\r`);
	await within(password, 'the console to ask for the password', machine);
	machine.type(`${login.password}\r`);
}

/** Input is lost until getty has opened the console, so the command is typed again until an answer comes. */
async function shellAnswers(machine: Machine): Promise<void> {
	// Tests read words, without their colours.
	const ask = (): void => machine.type('export NO_COLOR=1; echo s""hell\r');
	const timer = setInterval(ask, 500);
	ask();
	try {
		await within(readConsole(machine, /^shell\r?\n/m), 'the console to have a shell', machine);
	} finally {
		clearInterval(timer);
	}
}

function readConsole(machine: Machine, pattern: RegExp): Promise<RegExpExecArray> {
	return new Promise((resolve) => {
		let text = '';
		const look = (bytes: Buffer): void => {
			text += bytes.toString('latin1');
			const match = pattern.exec(text);
			if (match === null) return;
			machine.emitter.off('console', look);
			resolve(match);
		};
		machine.emitter.on('console', look);
	});
}

/** Waits for `work`, but not longer than the limit, and not for a guest that has ended. */
async function within<T>(
	work: Promise<T>,
	what: string,
	machine: Machine,
	timeoutMs = defaultTimeoutMs,
): Promise<T> {
	const gone = machine.exited.then((exit) => {
		throw new Error(`QEMU ended (${JSON.stringify(exit)}) before ${what}\n${machine.lastLines()}`);
	});
	gone.catch(() => undefined);
	return await withinTime(Promise.race([work, gone]), what, machine, timeoutMs);
}

async function withinTime<T>(
	work: Promise<T>,
	what: string,
	machine: Machine,
	timeoutMs = defaultTimeoutMs,
): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			reject(new Error(`waited ${timeoutMs / 1000} s for ${what}\n${machine.lastLines()}`));
		}, timeoutMs);
	});
	return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no free port');
	return address.port;
}
