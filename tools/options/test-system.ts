// Tests a system in steps: build, boot, ready, command, power off. It is the story of `slipway test`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { printableLines } from '../../native/text/printable.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { SlipwayError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';
import { removeLeftovers, removingOnSignals, temporaryPath } from '../files/temporary-paths.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import { type Hopeless, watchHope } from '../machine/hope.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineBases } from '../machine/machine-directories.ts';
import { checkExit, stoppingOnSignals, withLastLines } from '../machine/machine-end.ts';
import { type NamedMachine, nameMachine } from '../machine/named-machine.ts';
import { progressLine } from '../machine/progress.ts';
import type { PublishedPort } from '../machine/published-port.ts';
import type { TestResult, TestStep } from '../machine/test-report.ts';
import { waitUntilReady } from '../machine/wait-until-ready.ts';
import type { Plan } from '../resolve/plan.ts';
import type { Streams } from '../terminal/streams.ts';
import { buildFiles } from './build-files.ts';
import { lastGuestLines, saveGuestLogs } from './guest-logs.ts';
import type { SystemOptions } from './system-options.ts';
import { publishServed } from './system-ports.ts';

export interface SystemTest {
	readonly system: SystemOptions;
	/** A program and its arguments; may be empty. */
	readonly command: readonly string[];
	/** The directory for logs, or null. */
	readonly artifacts: string | null;
	/** Reports whether the standard output is for the result alone. */
	readonly isJson: boolean;
}

const powerOffGraceMs = 60_000;
const failedExitCode = 125;
/** A shell adds the number of the signal. */
const signalExitCode = 128;

/** Resolves with the result, also of a test that failed. Throws a `UsageError`. */
export async function testSystem(
	bases: MachineBases,
	test: SystemTest,
	streams: Streams,
): Promise<TestResult> {
	const { system, artifacts } = test;
	if (artifacts !== null) makeFolder(artifacts, 0o777);
	const steps = recordSteps();
	let exitCode = 0;
	let failure: string | null = null;
	try {
		exitCode = await removingOnSignals(async (temporary) => {
			// What a killed test has left is removed by the next one.
			await removeLeftovers(bases.state);
			const folder = temporaryPath(bases.state, temporary);
			try {
				mkdirSync(folder, { mode: 0o700 });
				system.machineRequest(folder);
				const { plan } = await steps.run('build', () => buildFiles(system.buildOptions(folder), streams));
				return await testBuilt(bases, test, { plan, folder }, steps, streams);
			} finally {
				rmSync(folder, { recursive: true, force: true });
				temporary.delete(folder);
			}
		});
	} catch (error) {
		// Anything else is wrong usage or a fault of slipway, which only a stack explains.
		if (!(error instanceof SlipwayError) && !isSystemError(error)) throw error;
		exitCode = failedExitCode;
		failure = errorMessage(error);
	}
	failure = steps.done.find((step) => step.failure !== null)?.failure ?? failure;
	return { name: system.name, exitCode, failure, steps: steps.done };
}

interface Built {
	readonly plan: Plan;
	readonly folder: string;
}

async function testBuilt(
	bases: MachineBases,
	{ system, command, artifacts, isJson }: SystemTest,
	{ plan, folder }: Built,
	steps: Steps,
	streams: Streams,
): Promise<number> {
	const asked = system.machineRequest(folder);
	const request = { ...asked, publish: await publishServed(plan, asked.publish, false) };
	const { named, machine } = await steps.run('boot', async () => {
		const named = await nameMachine(bases, null, request, describeMachine(request), true);
		return { named, machine: await named.start() };
	});
	machine.emitter.on('event', (event) => streams.err.write(`${progressLine(event)}\n`));
	const saveLogs = async (): Promise<void> => {
		if (artifacts === null) return;
		const names = [...plan.config.onboot, ...plan.config.services].map(({ name }) => name);
		const missing = await saveGuestLogs(named.files, names, artifacts);
		if (missing.length > 0) streams.err.write(`The guest did not tell the logs of ${missing.join(', ')}.\n`);
	};
	try {
		return await stoppingOnSignals(machine, async () => {
			try {
				await steps.run('ready', () => getReady(machine, named, system.readyTimeoutMs));
			} catch (error) {
				await saveLogs();
				throw error;
			}
			const env = environment(named, request.publish);
			const exitCode =
				command.length === 0
					? 0
					: await steps.run('command', () => runCommand(command, env, isJson), toldExit);
			await saveLogs();
			const off = steps.run('power off', async () =>
				checkExit(await machine.powerOff(powerOffGraceMs), machine),
			);
			// The command's own failure is the one to report.
			await (exitCode === 0 ? off : off.catch(() => undefined));
			return exitCode;
		});
	} finally {
		if (artifacts !== null) copyLogs(named, artifacts);
		named.close();
	}
}

/** Throws a `SlipwayError` with the last lines of what failed. */
async function getReady(machine: Machine, named: NamedMachine, timeoutMs: number): Promise<void> {
	const watch = watchHope();
	let hopeless: Hopeless | null = null;
	const givesUp = (event: GuestEventLine): string | null => {
		hopeless ??= watch(event);
		return hopeless?.why ?? null;
	};
	try {
		await waitUntilReady(machine, timeoutMs, givesUp);
	} catch (error) {
		if (!(error instanceof SlipwayError)) throw error;
		const found = hopeless as Hopeless | null;
		if (found === null) throw withLastLines(error, machine);
		const lines = found.service === null ? '' : await lastGuestLines(named.files, found.service);
		// An onboot container's last lines are in its event already; PID 1 prints those of a service on the console, too.
		if (lines === '') throw found.service === null ? error : withLastLines(error, machine);
		const shown = printableLines(lines).replaceAll(/^/gm, '  ');
		throw new SlipwayError(error.code, `${error.message}\nIts last lines:\n${shown}`);
	}
}

function environment(named: NamedMachine, published: readonly PublishedPort[]): NodeJS.ProcessEnv {
	const ports = published.map(({ guestPort, hostPort, protocol }) => [
		`SLIPWAY_PORT_${protocol === 'udp' ? 'UDP_' : ''}${guestPort}`,
		String(hostPort),
	]);
	return {
		...process.env,
		SLIPWAY_HOST: '127.0.0.1',
		SLIPWAY_NAME: named.name,
		...Object.fromEntries(ports),
	};
}

/** Resolves with the exit code as a shell gives it. */
async function runCommand(
	[program = '', ...args]: readonly string[],
	env: NodeJS.ProcessEnv,
	isJson: boolean,
): Promise<number> {
	const child = spawn(program, args, { stdio: ['inherit', isJson ? 2 : 'inherit', 'inherit'], env });
	try {
		const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
		return code ?? signalExitCode + (signal === null ? 0 : constants.signals[signal]);
	} catch (error) {
		throw new SlipwayError('TOOL_FAILED', `${program} could not be started: ${errorMessage(error)}.`);
	}
}

function toldExit(code: number): string | null {
	return code === 0 ? null : `The command failed with exit code ${code}.`;
}

function copyLogs({ files }: NamedMachine, folder: string): void {
	for (const path of [files.consoleLog, files.eventLog, files.qemuLog])
		if (existsSync(path)) copyFileSync(path, join(folder, basename(path)));
}

interface Steps {
	readonly done: readonly TestStep[];
	/**
	 * Runs a step and records it; rethrows its error.
	 *
	 * @param told - returns why a result is a failure, or null
	 */
	run<T>(name: string, work: () => Promise<T>, told?: (result: T) => string | null): Promise<T>;
}

function recordSteps(): Steps {
	const done: TestStep[] = [];
	return {
		done,
		async run(name, work, told = () => null) {
			const start = performance.now();
			const record = (failure: string | null): void =>
				void done.push({ name, durationMs: Math.round(performance.now() - start), failure });
			try {
				const result = await work();
				record(told(result));
				return result;
			} catch (error) {
				record(errorMessage(error));
				throw error;
			}
		},
	};
}
