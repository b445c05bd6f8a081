// PID 1 from its first to its last line.
//
// It is started by the kernel, or by itself after a crash (`--resumed`): then /run/slipway tells what is done, and
// it goes on from there. The services never notice.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseKernelCommandLine } from '../native/linux/cmdline.ts';
import { parentOf } from '../native/linux/proc-stat.ts';
import type { Log } from '../supervisor/context/log.ts';
import type { GuestEventLine } from '../supervisor/contract/events.ts';
import { GUEST_PATHS } from '../supervisor/contract/layout.ts';
import { openControlServer } from '../supervisor/control/control-server.ts';
import { requestHandler } from '../supervisor/control/handle-requests.ts';
import { createSupervisor } from '../supervisor/supervisor.ts';
import { prepareGround, protectFromWantOfMemory } from './boot/ground.ts';
import { Readiness } from './boot/readiness.ts';
import { runLater, runStages } from './boot/run-stages.ts';
import { stages } from './boot/stages.ts';
import { loadNative } from './executable/load-native.ts';
import { BootState } from './process/boot-state.ts';
import { installCrashGuard, resumePauseMs, surviveErrors } from './process/crash-guard.ts';
import { provokeFault } from './process/faults.ts';
import { isFirstPidNamespace } from './process/first-pid-namespace.ts';
import { monotonicMs } from './process/monotonic.ts';
import type { PowerAction } from './process/power-action.ts';
import { Reaper } from './process/reaper.ts';
import { handleSignals } from './process/signals.ts';
import { openConsole } from './reporting/console.ts';
import { EventHistory } from './reporting/event-history.ts';
import { EventPort } from './reporting/event-port.ts';
import { parseHostCommand } from './reporting/host-command.ts';
import { createLog } from './reporting/log.ts';
import { LogFile } from './reporting/log-file.ts';
import { listProcesses } from './shutdown/end-processes.ts';
import { shutDown } from './shutdown/shutdown.ts';
import { armDeadline } from './shutdown/shutdown-deadline.ts';
import { readSwaps } from './shutdown/swap-off.ts';
import { readUnmountPlan } from './shutdown/unmount-all.ts';

const stateFile = '/run/slipway/init.json';
const logFile = '/run/slipway/init.log';
const logFileBytes = 1024 * 1024;
/** The last lines of a boot must get out, but a port that nobody reads must not hold up the end. */
const flushMs = 500;
/** The services that have just been started need the processor more than what nobody waits for. */
const laterMs = 5_000;
/** SIGCHLDs merge and one may have come while PID 1 was crashing. */
const sweepMs = 5_000;

export async function runPid1(resumed: boolean): Promise<void> {
	// The ground: without these three nothing could be survived.
	const native = loadNative();
	// `ps` and `top` would show the name that Node gives its main thread.
	native.setProcessName('init');
	const groundFailures = prepareGround(native);
	const unprotected = protectFromWantOfMemory();
	installCrashGuard(native);

	// Who listens, and who may speak.
	const commandLine = parseKernelCommandLine(readOrEmpty('/proc/cmdline'));
	const state = new BootState(stateFile);
	const console = openConsole(native);
	const file = new LogFile(logFile, logFileBytes);
	const port = new EventPort(native, portPath(commandLine.eventPort), onHostLine);
	const history = new EventHistory(logFile);
	const log = createLog({
		json(line) {
			file.write(line);
			port.write(line);
			history.onLine(line);
		},
		console: (line) => console.write(line),
		nowSeconds: () => monotonicMs() / 1000,
	});
	surviveErrors(log);
	port.tryOpen();

	// What PID 1 answers for: its children, its signals, its containers.
	const readiness = new Readiness(() => {
		if (!state.ready) log.event({ event: 'ready' }, 'every service runs');
		state.ready = true;
	});
	const supervisorLog: Log = {
		...log,
		event(event, message) {
			log.event(event, message);
			readiness.note(event);
		},
	};
	const children = new Reaper(native, parentOf, unprotected === null ? { oomScoreAdj: 0 } : {});
	const supervisor = createSupervisor({
		...{ native, children, log: supervisorLog, now: monotonicMs },
		power: requestPower,
	});
	const control = {
		services: () => supervisor.services(),
		pastEvents: () => history.past(),
		onEvent: (listener: (event: GuestEventLine) => void) => history.listen(listener),
		power: (action: PowerAction) => requestPower(action, 'service'),
	};
	openControlServer(GUEST_PATHS.controlSocket, requestHandler(control), (error) =>
		log.error({ stage: 'control' }, `nobody can ask through ${GUEST_PATHS.controlSocket}: ${error.message}`),
	);
	handleSignals(native, {
		onPowerRequest: (action, signal) => requestPower(action, signal),
		onChildExit: () => children.reap(),
	});
	setInterval(() => children.reap(), sweepMs);

	const version = process.env['SLIPWAY_VERSION'] ?? 'development';
	log.event({ event: 'init', resumed, version }, firstWords(resumed, version));
	for (const failure of groundFailures) log.error({ stage: 'ground' }, failure);
	if (unprotected !== null) log.warn({ stage: 'ground' }, unprotected);
	// The machine ends in time whatever comes, a pause included.
	if (state.shutdown !== null && state.shutdownProgress !== null) {
		armDeadline(native, log, state.shutdown, state.shutdownProgress.endsAtMs);
	}
	if (resumed) await restAfterCrashes();

	// The system's life.
	if (state.shutdown !== null) {
		endSystem(state.shutdown);
		return;
	}
	const context = { native, log, commandLine, state };
	const booted = await runStages(stages, context, monotonicMs, () => port.tryOpen());
	if (!booted) {
		log.error({ stage: 'init' }, 'the boot ends here; PID 1 waits for a power-off');
		return;
	}
	if (!isEnding()) await supervisor.runOnboot();
	if (!isEnding()) await supervisor.startServices();
	if (isEnding()) return;
	readiness.noteAllStarted();
	setTimeout(() => {
		if (!isEnding()) runLater(stages, context);
	}, laterMs);
	const missing = readiness.missing();
	if (missing.length > 0) log.warn({ stage: 'init' }, `not ready: ${missing.join(', ')} not running`);

	function isEnding(): boolean {
		return state.shutdown !== null;
	}

	function requestPower(action: PowerAction, origin: string): void {
		if (isEnding()) {
			log.info({ stage: 'shutdown' }, `${action} by ${origin}: a ${state.shutdown} is under way already`);
			return;
		}
		log.info({ stage: 'shutdown' }, `${action} by ${origin}`);
		endSystem(action);
	}

	function endSystem(action: PowerAction): void {
		const disks = { planUnmounts: readUnmountPlan, ownsDisks: isFirstPidNamespace(), listSwaps: readSwaps };
		const system = { listProcesses, nowMs: monotonicMs, ...disks };
		const parts = { native, log, supervisor, state, flushLogs, ...system };
		shutDown(action, parts).catch((error: unknown) => {
			log.error({ stage: 'shutdown' }, `the ${action} failed: ${String(error)}`);
			// So that another request is heard.
			state.shutdown = null;
			state.shutdownProgress = null;
		});
	}

	function flushLogs(): void {
		port.flush(flushMs, monotonicMs);
		console.flush(flushMs, monotonicMs);
	}

	function onHostLine(line: string): void {
		const command = parseHostCommand(line);
		if (command === null) log.warn({ stage: 'init' }, 'a line from the host is no command');
		else if (command.command !== 'fault') requestPower(command.command, 'the host');
		else if (commandLine.faults) {
			log.warn({ stage: 'init', fault: command.kind }, `a fault on demand: ${command.kind}`);
			flushLogs();
			provokeFault(command.kind, native, children);
		} else log.warn({ stage: 'init' }, 'the host asks for a fault; only slipway.faults=1 allows that');
	}

	async function restAfterCrashes(): Promise<void> {
		const nowSeconds = monotonicMs() / 1000;
		const pauseMs = resumePauseMs(state.addResume(nowSeconds), nowSeconds);
		if (pauseMs === 0) return;
		log.error({ stage: 'init' }, `PID 1 crashes again and again; a pause of ${pauseMs / 1000} s`);
		await sleep(pauseMs);
	}
}

function firstWords(resumed: boolean, version: string): string {
	if (!resumed) return `Slipway ${version}`;
	// The crash guard's word, a signal number (native/src/crash-guard.cc).
	const signal = process.env['CRASH_SIGNAL'];
	return `PID 1 was resumed after a crash${signal === undefined ? '' : ` by signal ${signal}`}`;
}

function portPath(name: string | null): string | null {
	return name === null ? null : `/dev/${name}`;
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}
