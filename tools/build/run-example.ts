// `make run`: boots the built Redis OS and checks with a PING through the forwarded port that Redis answers. Then it
// shows the guest's console; without a terminal it powers the guest off.

import { connect } from 'node:net';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { chooseAccelerator, probeHost } from '../machine/accelerator.ts';
import { attachConsole } from '../machine/attach-console.ts';
import { type Machine, startMachine } from '../machine/machine.ts';
import { checkExit, describeExit, stoppingOnSignals, withLastLines } from '../machine/machine-end.ts';
import { progressLine } from '../machine/progress.ts';
import { type PublishedPort, parsePublishedPort } from '../machine/published-port.ts';
import { findSystem } from '../machine/system-files.ts';
import { stillInTrouble, waitUntilReady } from '../machine/wait-until-ready.ts';

const readyTimeoutMs = 300_000;
const pingTimeoutMs = 30_000;
const powerOffGraceMs = 60_000;

async function runExample(name: string, published: PublishedPort): Promise<void> {
	const system = findSystem(name);
	const machine = await startMachine({
		...system,
		commandLine: `${system.commandLine} slipway.events=${hostProcessor.events}`,
		memoryMegabytes: 1024,
		cpus: 2,
		accelerator: chooseAccelerator('auto', probeHost()),
		publish: [published],
	});
	await stoppingOnSignals(machine, () => useMachine(machine, published.hostPort));
}

async function useMachine(machine: Machine, port: number): Promise<void> {
	const show = (event: GuestEventLine): void => console.log(progressLine(event));
	machine.emitter.on('event', show);
	try {
		await waitUntilReady(machine, readyTimeoutMs);
		await waitForPong(machine, port);
		const troubles = stillInTrouble(machine.events);
		if (troubles.length > 0) throw new SlipwayError('GUEST_FAILED', troubles.join('\n'));
	} catch (error) {
		throw withLastLines(error, machine);
	}
	console.log(`\nRedis answers PONG. Try: redis-cli -p ${port} SET greeting hello\n`);
	if (!process.stdin.isTTY || !process.stdout.isTTY) {
		checkExit(await machine.powerOff(powerOffGraceMs), machine);
		console.log('The guest was powered off.');
		return;
	}
	console.log(
		'This is the console of the guest (press Enter): "poweroff" ends it cleanly, Ctrl-A X at once.\n',
	);
	// From now on the console shows what happens.
	machine.emitter.off('event', show);
	const end = await attachConsole(machine, {
		input: process.stdin,
		output: process.stdout,
		screen: process.stdout,
	});
	if (end === 'ended') checkExit(await machine.exited, machine);
}

/** Repeats PING until Redis answers: the forwarded port accepts before anything listens behind it. */
async function waitForPong(machine: Machine, port: number): Promise<void> {
	const deadline = performance.now() + pingTimeoutMs;
	while (!(await answersPing(port, 5000))) {
		const ended = await Promise.race([
			machine.exited,
			new Promise<null>((resolve) => setTimeout(resolve, 100, null)),
		]);
		if (ended !== null)
			throw new SlipwayError('GUEST_FAILED', `Redis never answered: ${describeExit(ended)}.`);
		if (performance.now() > deadline) {
			throw new SlipwayError(
				'GUEST_FAILED',
				`Redis did not answer PING on port ${port} within ${pingTimeoutMs / 1000} s.`,
			);
		}
	}
}

/**
 * Reports whether a Redis behind a forwarded port answers. Each question has its own connection: one that begins too early
 * waits for a retransmission.
 */
export function answersPing(port: number, timeoutMs: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
		const end = (answered: boolean): void => {
			socket.destroy();
			resolve(answered);
		};
		socket.on('connect', () => socket.write('PING\r\n'));
		socket.on('data', (bytes) => end(bytes.toString('latin1').startsWith('+PONG')));
		socket.on('timeout', () => end(false));
		socket.on('error', () => end(false));
		socket.on('close', () => end(false));
	});
}

if (import.meta.main) {
	const [name = 'build/redis-os', port = '6379'] = process.argv.slice(2);
	try {
		await runExample(name, parsePublishedPort(`${port}:6379`));
	} catch (error) {
		const isExpected = error instanceof SlipwayError || error instanceof UsageError;
		console.error(isExpected ? `make run: ${error.message}` : error);
		process.exitCode = 1;
	}
}
