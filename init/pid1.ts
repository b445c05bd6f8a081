// PID 1 from its first to its last line, as steps in order.
//
// The kernel starts it, or it starts itself after a crash (`--resumed`). It then reads from /run/slipway what is already
// done and goes on from there; services keep running.

import { setTimeout as sleep } from 'node:timers/promises';
import { parentOf } from '../native/linux/proc-stat.ts';
import { readTextOrEmpty } from '../native/linux/read-text.ts';
import { oemStrings } from '../native/linux/smbios.ts';
import type { Native } from '../native/native.ts';
import type { Log } from '../supervisor/context/log.ts';
import {
	type KernelCommandLine,
	parseKernelCommandLine,
} from '../supervisor/contract/kernel-command-line.ts';
import { guestPaths, initPaths } from '../supervisor/contract/layout.ts';
import type { SystemStats } from '../supervisor/contract/protocol.ts';
import { openCommandServer, type RunCommand } from '../supervisor/control/command-server.ts';
import { createContainerRuns } from '../supervisor/control/container-runs.ts';
import { type HandleRequest, openControlServer } from '../supervisor/control/control-server.ts';
import { requestHandler } from '../supervisor/control/handle-requests.ts';
import { openMetricsServer } from '../supervisor/control/metrics-server.ts';
import { metricsText } from '../supervisor/control/metrics-text.ts';
import { readPid1Status } from '../supervisor/control/pid1-status.ts';
import { createSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { prepareGround, protectFromOomKiller } from './boot/ground.ts';
import { Readiness } from './boot/readiness.ts';
import { runDeferred, runStages } from './boot/run-stages.ts';
import { stages } from './boot/stages.ts';
import { loadNative } from './executable/load-native.ts';
import { BootState } from './process/boot-state.ts';
import { ControlPort } from './process/control-port.ts';
import { installCrashGuard, resumePauseMs, surviveErrors } from './process/crash-guard.ts';
import { provokeFault } from './process/faults.ts';
import { isFirstPidNamespace } from './process/first-pid-namespace.ts';
import { monotonicMs } from './process/monotonic.ts';
import { PowerButton } from './process/power-button.ts';
import { Reaper } from './process/reaper.ts';
import { handleSignals } from './process/signals.ts';
import { resizeConsole } from './reporting/console-size.ts';
import { parseHostCommand } from './reporting/host-command.ts';
import { openReports, type Reports } from './reporting/reports.ts';
import { listProcesses } from './shutdown/end-processes.ts';
import { PowerControl } from './shutdown/power-control.ts';
import { shutDown } from './shutdown/shutdown.ts';
import { armDeadline } from './shutdown/shutdown-deadline.ts';
import { readSwaps } from './shutdown/swap-off.ts';
import { readUnmountPlan } from './shutdown/unmount-all.ts';

/** The services that have just been started need the processor more than work that nothing waits for. */
const laterMs = 5_000;
/** The power button works so long after the services have been started. */
const soonMs = 1_000;
/** It works at the latest so long after the stages, also when an onboot container never ends. */
const latestSoonMs = 20_000;
/** SIGCHLDs merge and one may have come while PID 1 was crashing. */
const sweepMs = 5_000;

/** Exists before PID 1 can log anything. */
interface Ground {
	readonly native: Native;
	/** Steps of the ground that failed, for the log. */
	readonly failures: readonly string[];
	/** Says why PID 1 is not protected from the kernel's OOM killer, null when it is. */
	readonly unprotected: string | null;
}

/** The parts of PID 1. `state` is the only one that decides what comes next, and it outlives a crash. */
interface Pid1 {
	readonly native: Native;
	readonly commandLine: KernelCommandLine;
	readonly state: BootState;
	readonly reports: Reports;
	readonly log: Log;
	readonly children: Reaper;
	readonly readiness: Readiness;
	readonly supervisor: Supervisor;
	readonly power: PowerControl;
	readonly controlPort: ControlPort;
	readonly powerButton: PowerButton;
}

export async function runPid1(resumed: boolean): Promise<void> {
	const ground = layGround();
	const pid1 = createParts(ground);
	acceptRequests(pid1);
	announce(pid1, ground, resumed);
	rearmDeadline(pid1);
	if (resumed) await pauseAfterCrashes(pid1);
	if (pid1.power.isEnding()) pid1.power.resume();
	else await runSystem(pid1);
}

/** The crash guard comes as early as it can: PID 1 survives nothing before it. */
function layGround(): Ground {
	const native = loadNative();
	// `ps` and `top` would show the name that Node gives its main thread.
	native.setProcessName('init');
	const failures = prepareGround(native);
	const unprotected = protectFromOomKiller();
	installCrashGuard(native);
	return { native, failures, unprotected };
}

function createParts({ native, unprotected }: Ground): Pid1 {
	const smbios = readTextOrEmpty('/sys/firmware/dmi/tables/DMI', 'latin1');
	const oem = oemStrings(Buffer.from(smbios, 'latin1'));
	const commandLine = parseKernelCommandLine(readTextOrEmpty('/proc/cmdline'), oem);
	const state = new BootState(initPaths.state);
	const reports = openReports(native, {
		logFile: initPaths.log,
		portPath: commandLine.eventPort === null ? null : `/dev/${commandLine.eventPort}`,
		ownsConsoles: isFirstPidNamespace(),
		// The event loop calls this, so all parts exist by then.
		onHostLine: (line) => obeyHost(pid1, line),
		nowMs: monotonicMs,
	});
	const { log } = reports;
	surviveErrors(log);
	reports.tryOpenPorts();

	const readiness = new Readiness(() => {
		if (!state.ready) log.event({ event: 'ready' }, 'every service runs');
		state.ready = true;
	});
	const children = new Reaper(native, parentOf, unprotected === null ? { oomScoreAdj: 0 } : {});
	const supervisor = createSupervisor({
		native,
		children,
		log: notifying(readiness, log),
		now: monotonicMs,
		engine: commandLine.runtime,
		power: (action, reason) => power.request(action, reason),
	});
	const power = new PowerControl(state, log, (action) =>
		shutDown(action, {
			native,
			log,
			supervisor,
			state,
			flushLogs: reports.flush,
			listProcesses,
			planUnmounts: readUnmountPlan,
			ownsDisks: isFirstPidNamespace(),
			listSwaps: readSwaps,
			nowMs: monotonicMs,
		}),
	);
	const controlPort = new ControlPort({ native, children, log, isEnding: () => power.isEnding() });
	const powerButton = new PowerButton({
		native,
		log,
		onPress: () => power.request('poweroff', 'the power button'),
	});
	const parts = { native, commandLine, state, reports, log, children, readiness, supervisor, power };
	const pid1: Pid1 = { ...parts, controlPort, powerButton };
	return pid1;
}

/** The supervisor's log: readiness follows from its events. */
function notifying(readiness: Readiness, log: Log): Log {
	return {
		...log,
		event(event, message) {
			log.event(event, message);
			readiness.note(event);
		},
	};
}

/** From here on PID 1 reaps its children and answers `service`, signals and the host. */
function acceptRequests({ native, log, reports, children, supervisor, power }: Pid1): void {
	const { controlSocket } = guestPaths;
	const handle = requestHandler({
		services: () => supervisor.services(),
		replaceServices: (names, image) => supervisor.replaceServices(names, image),
		pastEvents: () => reports.history.past(),
		onEvent: (listener) => reports.history.listen(listener),
		runs: createContainerRuns({ log, now: monotonicMs, native }, guestPaths, supervisor.runNetworks, () =>
			supervisor.services().map(({ name }) => name),
		),
		power: (action) => power.request(action, 'service'),
	});
	openControlServer(controlSocket, handle, (error) =>
		log.error({ stage: 'control' }, `requests through ${controlSocket} are not possible: ${error.message}`),
	);
	openCommandServer(initPaths.commandSocket, serviceRunner(handle), ({ message }) =>
		log.warn(
			{ stage: 'control' },
			`service starts Node each time, without ${initPaths.commandSocket}: ${message}`,
		),
	);
	const figures = async (): Promise<string> => {
		const stats = await handle({ command: 'stats' }, () => undefined, new AbortController().signal);
		return metricsText(stats as SystemStats, readPid1Status(false));
	};
	openMetricsServer(initPaths.metricsSocket, figures, ({ message }) =>
		log.warn({ stage: 'control' }, `there are no metrics through ${initPaths.metricsSocket}: ${message}`),
	);
	handleSignals(native, {
		onPowerRequest: (action, signal) => power.request(action, signal),
		onChildExit: () => children.reap(),
	});
	setInterval(() => children.reap(), sweepMs);
}

/** Loads the commands of `service` at their first use. */
function serviceRunner(handle: HandleRequest): RunCommand {
	return async ({ args, ...terminal }, { out, err, endOnKey, gone }) => {
		const { residentCommand } = await import('../supervisor/cli/resident-command.ts');
		const nowSeconds = (): number => monotonicMs() / 1000;
		return await residentCommand(args, handle, gone, { out, err, endOnKey, nowSeconds, ...terminal });
	};
}

function announce({ log, commandLine }: Pid1, { failures, unprotected }: Ground, resumed: boolean): void {
	const version = process.env['SLIPWAY_VERSION'] ?? 'development';
	log.event({ event: 'init', resumed, version }, firstWords(resumed, version));
	for (const failure of failures) log.error({ stage: 'ground' }, failure);
	if (unprotected !== null) log.warn({ stage: 'ground' }, unprotected);
	if (!resumed) for (const problem of commandLine.problems) log.warn({ stage: 'init' }, problem);
}

function firstWords(resumed: boolean, version: string): string {
	if (!resumed) return `Slipway ${version}`;
	// The crash guard sets this to a signal number (native/src/crash-guard.cc).
	const signal = process.env['CRASH_SIGNAL'];
	return `PID 1 was resumed after a crash${signal === undefined ? '' : ` by signal ${signal}`}`;
}

/** A shutdown that a crash interrupted ends in its time, also when a pause follows. */
function rearmDeadline({ native, log, state }: Pid1): void {
	if (state.shutdown !== null && state.shutdownProgress !== null) {
		armDeadline(native, log, state.shutdown, state.shutdownProgress.endsAtMs);
	}
}

async function pauseAfterCrashes({ log, state }: Pid1): Promise<void> {
	const nowSeconds = monotonicMs() / 1000;
	const pauseMs = resumePauseMs(state.addResume(nowSeconds), nowSeconds);
	if (pauseMs === 0) return;
	log.error({ stage: 'init' }, `PID 1 crashes again and again; a pause of ${pauseMs / 1000} s`);
	await sleep(pauseMs);
}

/** The boot stages, the onboot containers, the services. A shutdown may begin during each of them: nothing starts then. */
async function runSystem(pid1: Pid1): Promise<void> {
	const { native, commandLine, state, reports, log, readiness, supervisor, power } = pid1;
	const onInputDevice = (): void => {
		// The buttons belong to the machine around an inner namespace.
		if (isFirstPidNamespace()) pid1.powerButton.tryOpen();
	};
	const context = { native, log, commandLine, state, onInputDevice };
	const booted = await runStages(stages, context, monotonicMs, () => {
		reports.tryOpenPorts();
		pid1.controlPort.tryOpen();
	});
	onInputDevice();
	const runSoon = (): void => {
		clearTimeout(latest);
		if (!power.isEnding()) runDeferred('soon', stages, context);
	};
	const latest = setTimeout(runSoon, booted ? latestSoonMs : 0);
	if (!booted) {
		log.error({ stage: 'init' }, 'the boot ends here; PID 1 waits for a power-off');
		return;
	}
	if (!power.isEnding()) await supervisor.runOnboot();
	if (!power.isEnding()) await supervisor.startServices();
	if (power.isEnding()) return;
	readiness.noteAllStarted();
	setTimeout(runSoon, soonMs);
	setTimeout(() => {
		if (!power.isEnding()) runDeferred('later', stages, context);
	}, laterMs);
	const missing = readiness.missing();
	if (missing.length > 0) log.warn({ stage: 'init' }, `not ready: ${missing.join(', ')}`);
}

function obeyHost({ native, commandLine, reports, log, children, power }: Pid1, line: string): void {
	const command = parseHostCommand(line);
	if (command === null) log.warn({ stage: 'init' }, 'a line from the host is no command');
	else if (command.command === 'resize') resizeConsole(native, command);
	else if (command.command !== 'fault') power.request(command.command, 'the host');
	else if (commandLine.faults) {
		log.warn({ stage: 'init', fault: command.kind }, `a fault on demand: ${command.kind}`);
		reports.flush();
		provokeFault(command.kind, native, children);
	} else log.warn({ stage: 'init' }, 'the host requests a fault; only slipway.faults=1 allows that');
}
