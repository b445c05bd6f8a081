// Runs a machine in the ways of `slipway run`: until its services run, with the terminal as console, or in the background.

import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { SlipwayError } from '../errors.ts';
import { endAs, onEarlyEnd } from '../files/early-end.ts';
import { isLiveTerminal } from '../terminal/progress-terminal.ts';
import { isColoured, type Streams } from '../terminal/streams.ts';
import { startProgress, type WorkProgress } from '../terminal/work-progress.ts';
import { attachConsole } from './attach-console.ts';
import type { Machine } from './machine.ts';
import {
	checkExit,
	describeExit,
	poweringOffOnSignals,
	stoppingOnSignals,
	withDeadline,
	withLastLines,
} from './machine-end.ts';
import type { NamedMachine } from './named-machine.ts';
import { isDetail, progressLine } from './progress.ts';
import { waitForGreeting } from './qemu-greeting.ts';
import { stillInTrouble, waitUntilReady } from './wait-until-ready.ts';

const powerOffGraceMs = 60_000;

/**
 * Prints a line for each event of the guest until all services run, and powers it off. Prints what is in trouble then,
 * such as an onboot container that failed. Throws a `SlipwayError` when the guest is not ready in time or ends badly.
 */
export async function runUntilReady(
	named: NamedMachine,
	timeoutMs: number,
	isVerbose: boolean,
	streams: Streams,
): Promise<void> {
	const machine = await named.start();
	await stoppingOnSignals(machine, async () => {
		const progress = showBooting(named.name, streams);
		const colours = isColoured(streams.out);
		machine.emitter.on('event', (event) => {
			if (isDetail(event) && !isVerbose) return;
			progress?.clear();
			streams.out.write(`${progressLine(event, colours)}\n`);
		});
		try {
			await waitUntilReady(machine, timeoutMs);
		} catch (error) {
			throw withLastLines(error, machine);
		} finally {
			progress?.end();
		}
		for (const trouble of stillInTrouble(machine.events)) streams.err.write(`slipway: ${trouble}\n`);
		checkExit(await machine.powerOff(powerOffGraceMs), machine);
	});
}

/**
 * Connects the terminal with the guest's console until the guest powers off or the user ends it. A reboot of the guest,
 * with which QEMU exits, starts the machine again, as on real hardware. Throws a `SlipwayError` when the guest ends
 * badly, or still runs after `timeoutSeconds`.
 */
export async function runAttached(
	named: NamedMachine,
	timeoutSeconds: number | null,
	streams: Streams,
): Promise<void> {
	const deadline = timeoutSeconds === null ? null : performance.now() + timeoutSeconds * 1000;
	let hasTerminal = true;
	const output = { write: (bytes: Buffer): boolean => hasTerminal && streams.out.write(bytes) };
	// A raw terminal does not return to the first column by itself.
	const lineEnd = (): string => (process.stdin.isRaw ? '\r\n' : '\n');
	const onSignal = (signal: NodeJS.Signals): void => {
		// After SIGHUP a write to the terminal fails.
		if (signal === 'SIGHUP') hasTerminal = false;
		else
			streams.err.write(
				`slipway: ${signal}: the guest powers off. A second signal ends it at once.${lineEnd()}`,
			);
	};
	for (;;) {
		const machine = await named.start();
		showUntilConsole(machine, named.name, streams);
		const end = await poweringOffOnSignals(machine, onSignal, () =>
			withDeadline(
				machine,
				deadline,
				attachConsole(machine, { input: process.stdin, output, screen: process.stdout }),
			),
		);
		if (end === 'quit' || end === 'interrupted') return;
		if (end === 'timeout')
			throw new SlipwayError('TIMEOUT', `The guest still ran after ${timeoutSeconds} s; QEMU was ended.`);
		const exit = await machine.exited;
		if (exit.shutdown === 'reboot' && exit.exitCode === 0) continue;
		checkExit(exit, machine);
		return;
	}
}

/** Shows that the machine starts, until its console says something. */
function showUntilConsole(machine: Machine, name: string, streams: Streams): void {
	const progress = showBooting(name, streams);
	const end = (): void => progress?.end();
	machine.emitter.once('console', end);
	machine.exited.then(end, end);
}

/** Returns null where a line would stay, among those of the guest. */
function showBooting(name: string, { err }: Streams): WorkProgress | null {
	return isLiveTerminal(err)
		? startProgress(err, { name: `booting ${name}`, total: null, unit: null })
		: null;
}

/** How `waitUntilReady()` waits. */
interface ReadyWait {
	readonly timeoutMs: number;
	readonly givesUp?: (event: GuestEventLine) => string | null;
}

/**
 * Starts a machine that outlives this process, and prints its name once QEMU runs it or, with `ready`, once all
 * its services run. Throws a `SlipwayError` when QEMU ends at once, or when the guest is not ready in time; in the second case
 * it runs on.
 */
export async function runDetached(
	named: NamedMachine,
	ready: ReadyWait | null,
	streams: Streams,
): Promise<void> {
	const progress = ready === null ? null : showBooting(named.name, streams);
	// Ctrl-C ends the wait alone, and whoever types it may think that it has ended the machine.
	const stopListening = onEarlyEnd((reason) => {
		stopListening();
		progress?.end();
		if (reason !== 'EPIPE' && named.isUp())
			streams.err.write(`slipway: Ended by ${reason} while ${named.name} boots. ${runsOn(named.name)}\n`);
		endAs(reason);
	});
	try {
		const machine = await startInBackground(named);
		try {
			if (ready !== null) {
				await waitUntilReady(machine, ready.timeoutMs, ready.givesUp);
				progress?.clear();
				for (const trouble of stillInTrouble(machine.events)) streams.err.write(`slipway: ${trouble}\n`);
			}
		} catch (error) {
			throw withLastLines(runningOn(error, named), machine);
		} finally {
			machine.detach();
		}
	} finally {
		stopListening();
		progress?.end();
	}
	streams.out.write(`${named.name}\n`);
}

/** Resolves once QEMU answers. */
async function startInBackground(named: NamedMachine): Promise<Machine> {
	const machine = await named.start();
	const starting = new AbortController();
	const failed = machine.exited.finally(() => starting.abort());
	await waitForGreeting(named.files.qmp, starting.signal);
	if (!starting.signal.aborted) return machine;
	const why = describeExit(await failed);
	named.close(why);
	throw withLastLines(
		new SlipwayError('GUEST_FAILED', `The machine ${named.name} ended at once: ${why}.`),
		machine,
	);
}

/** Adds to an error of the wait that the machine runs on, if it does. */
function runningOn(error: unknown, { name, isUp }: NamedMachine): unknown {
	if (!(error instanceof SlipwayError) || !isUp()) return error;
	return new SlipwayError(error.code, `${error.message}\n${runsOn(name)}`);
}

function runsOn(name: string): string {
	return (
		`The machine runs on. Look at it with "slipway logs --system ${name}" or "slipway console ${name}", ` +
		`and end it with "slipway stop ${name}".`
	);
}
