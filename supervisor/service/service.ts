// One service: does what its state machine (service-state.ts) asks for, and tells it what came of it.
//
// The writable layer is made at the first start and kept until shutdown: what a service has written is there
// after a restart, as with Docker's restart policies. A reboot starts from the image again.

import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorMessage } from '../../native/text/error-message.ts';
import { type Bundle, programOf, readBundle, readSpec } from '../bundle/bundle.ts';
import { defaultLimits, withDefaultLimits } from '../bundle/default-limits.ts';
import { prepareBundle, releaseBundle } from '../bundle/prepare.ts';
import { prepareProcess } from '../bundle/prepare-process.ts';
import { tryReadSupervision } from '../bundle/read-supervision.ts';
import { type Containerd, ContainerdError } from '../containerd/containerd-process.ts';
import { isGrpcError } from '../containerd/grpc-error.ts';
import {
	createServiceContainer,
	describeStatus,
	endFound,
	type ServiceContainer,
} from '../containerd/service-container.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { ShapeError } from '../contract/json-shape.ts';
import { bundleFiles, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { phases } from '../contract/phases.ts';
import type { ServiceProcess, ServiceStatus } from '../contract/protocol.ts';
import { serviceLogPath } from '../logs/log-files.ts';
import type { ServiceLog } from '../logs/service-log.ts';
import { cgroupOf, wantOfMemory } from '../process/memory-events.ts';
import { identifyProcess, signalProcess } from '../process/process-identity.ts';
import { within } from '../process/timeout.ts';
import type { Semaphore } from './semaphore.ts';
import { announceService } from './service-announcement.ts';
import { createServiceEnd, STOP_MARGIN_MS } from './service-end.ts';
import { openServiceOutput, serviceFifos } from './service-output.ts';
import { createServiceProbes } from './service-probes.ts';
import { describeProcess } from './service-process.ts';
import { readServiceRecord, type ServiceRecord, writeServiceRecord } from './service-record.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';
import {
	isReady,
	type ServiceAction,
	type ServiceEvent,
	type ServiceState,
	transition,
} from './service-state.ts';

/** Between two questions about a container whose shim does not answer. */
const WATCH_PAUSE_MS = 200;
/** The longest one between two attempts to find a service after a crash of PID 1. */
const FIND_PAUSE_MS = 5000;

export interface Service {
	readonly name: string;
	state(): ServiceState;
	readonly rules: ServiceRules;
	/** Starts it, or finds it running from before a crash of PID 1; resolves once it runs, waits or has failed. */
	begin(): Promise<void>;
	/** One that waits starts where nothing is in its way any more. */
	lookAround(): void;
	/** By hand; resolves once it runs, waits or has failed. */
	start(): Promise<void>;
	/** By hand; what it has written stays. Bounded. */
	stop(): Promise<void>;
	/** By hand: a stop and a start. */
	restart(): Promise<void>;
	/** False when it has no process. */
	signal(signal: NodeJS.Signals): boolean;
	status(): ServiceStatus;
	/** For another program in its container; null when it has no process. */
	process(): ServiceProcess | null;
	/** Stops it for good, and frees what it has; also right when `begin` was never called. Bounded. */
	finish(): Promise<void>;
}

/** What a service needs of the others and of the system. */
export interface ServiceSurroundings {
	/** What it has to wait for, or null. */
	blockedBy(rules: ServiceRules): string | null;
	/** Its state is another one. */
	onChange(): void;
	/** containerd has told or done something. */
	heardOfContainerd(): void;
	/** When it last did, for whichever service. */
	heardMs(): number;
	/** Its start takes its turn among those of the others. */
	readonly starts: Semaphore;
	/** It has ended too often for a system that can't do without it. */
	power(action: 'reboot' | 'poweroff', reason: string): void;
}

interface Loaded {
	readonly bundle: Bundle;
	readonly container: ServiceContainer;
}

export function createService(
	folder: string,
	context: SupervisorContext,
	paths: GuestPaths,
	containerd: Containerd,
	surroundings: ServiceSurroundings,
): Service {
	const { log, native, now } = context;
	const name = basename(folder);
	const { supervision, trouble } = tryReadSupervision(folder);
	const rules = serviceRules(supervision);
	const recordPath = stateFiles(paths).service(name);
	const logPath = serviceLogPath(paths.log, name);
	const stopLimitMs = rules.stop.timeoutMs + STOP_MARGIN_MS;
	const saved = readServiceRecord(recordPath);
	let record: ServiceRecord = saved.record;
	let recorded = true;
	let loaded: Loaded | null = null;
	let output: ServiceLog | null = null;
	let retryTimer: NodeJS.Timeout | undefined;
	let changed = Promise.withResolvers<void>();
	const probes = createServiceProbes(
		{ name, rules, record: () => record, container: () => load().container, dispatch },
		context,
		paths,
	);
	const end = createServiceEnd(
		{ name, rules, record: () => record, heardMs: surroundings.heardMs, dispatch, until, background },
		context,
	);

	function save(change: Partial<ServiceRecord>): void {
		record = { ...record, ...change };
		const written = writeServiceRecord(recordPath, record);
		if (!written && recorded) {
			log.warn({ service: name }, `service ${name}: its state could not be written to ${recordPath}`);
		}
		recorded = written;
	}

	function dispatch(event: ServiceEvent): void {
		const before = record.state;
		const { state, actions } = transition(before, event, now(), rules);
		const process =
			state.pid === null ? null : state.pid === before.pid ? record.process : identifyProcess(state.pid);
		save({ state, process, ...(state.phase === before.phase ? {} : { sinceMs: now() }) });
		end.noteState(state);
		if (state.phase !== before.phase) {
			announceService(log, name, logPath, before, state, isReady(state, rules), actions);
		}
		for (const action of actions) carryOut(action);
		changed.resolve();
		changed = Promise.withResolvers<void>();
		if (state.phase !== before.phase) surroundings.onChange();
	}

	function carryOut(action: ServiceAction): void {
		switch (action.action) {
			case 'launch':
				background(surroundings.starts.run(launch));
				break;
			case 'watch':
				background(watch());
				break;
			case 'end':
				end.ask();
				break;
			case 'kill':
				end.kill();
				break;
			case 'probe':
				probes.ask(action.what);
				break;
			case 'power':
				surroundings.power(action.power, `service ${name}: ${record.state.reason}`);
				break;
			case 'schedule-retry':
				retryTimer = setTimeout(() => dispatch({ event: 'retry' }), action.delayMs);
				break;
			case 'cancel-retry':
				clearTimeout(retryTimer);
				break;
		}
	}

	function background(work: Promise<void>): void {
		work.catch((error: unknown) => {
			log.error({ service: name }, `service ${name} is no longer supervised: ${errorMessage(error)}`);
			dispatch({ event: 'unusable', reason: errorMessage(error) });
		});
	}

	async function launch(): Promise<void> {
		let program: string | undefined;
		save({ end: null });
		try {
			const { bundle, container } = load();
			const spec = withDefaultLimits(probes.prepare(readSpec(bundle)), defaultLimits(paths));
			program = programOf(spec);
			openOutput();
			prepareOnce(bundle);
			const pid = await container.create(JSON.stringify(spec), serviceFifos(paths, name));
			probes.attend(pid);
			prepareProcess(bundle, pid, native);
			await container.start();
			dispatch({ event: 'started', pid });
		} catch (error) {
			if (error instanceof ShapeError) {
				dispatch({ event: 'unusable', reason: `can't be read: ${error.message}` });
				return;
			}
			if (loaded !== null && !(error instanceof ContainerdError)) await discard(loaded.container);
			const said = isGrpcError(error, 'UNKNOWN') ? `containerd says: ${error.details}` : errorMessage(error);
			const which =
				program === undefined ? '' : `; its program is ${program} in ${folder}/${bundleFiles.rootfs}`;
			dispatch({ event: 'start-failed', reason: `could not be started: ${said}${which}` });
		}
	}

	function prepareOnce(bundle: Bundle): void {
		if (record.prepared) return;
		// A crash of PID 1 may have come between the mounts and the note of them.
		if (saved.found) releaseBundle(bundle, native);
		prepareBundle(bundle, native, paths.cgroup);
		save({ prepared: true });
	}

	async function watch(): Promise<void> {
		const { container } = load();
		const { process } = record;
		const cgroup = process === null ? null : cgroupOf(process.pid);
		for (;;) {
			try {
				const status = await container.wait();
				surroundings.heardOfContainerd();
				const reason = `${describeStatus(status)}${wantOfMemory(paths.cgroup, cgroup)}`;
				const ended = { reason, succeeded: status === 0 };
				// PID 1 may crash before the next line is done, and then nobody else knows.
				save({ end: ended });
				await discard(container);
				dispatch({ event: 'exited', ...ended });
				return;
			} catch (error) {
				if (end.processIsGone() && isGrpcError(error, 'NOT_FOUND', 'UNKNOWN', 'INTERNAL')) {
					await discard(container);
					dispatch({ event: 'exited', reason: 'ended; containerd does not know how', succeeded: false });
					return;
				}
				// containerd is on its way back, or knows nothing of a process that runs: ask again.
				await pause(WATCH_PAUSE_MS);
			}
		}
	}

	/** After a crash of PID 1: is it there? */
	async function find(): Promise<void> {
		const { bundle, container } = load();
		openOutput();
		const task = await container.find();
		if (task?.status === 'running' || task?.status === 'paused') {
			probes.resume(readSpec(bundle));
			probes.attend(task.pid);
			dispatch({ event: 'found', pid: task.pid, startedAtMs: record.state.startedAtMs });
			return;
		}
		if (task !== null) await discard(container);
		const ended = endFound(task, record.end);
		if (record.state.phase === 'starting') dispatch({ event: 'start-failed', reason: ended.reason });
		else dispatch({ event: 'exited', ...ended });
	}

	function load(): Loaded {
		if (loaded === null) {
			const bundle = readBundle(folder);
			loaded = { bundle, container: createServiceContainer(name, bundle.runtime.namespace, containerd) };
		}
		return loaded;
	}

	/** After it the name is free for another start. Best effort. */
	async function discard(container: ServiceContainer): Promise<void> {
		output?.drain();
		try {
			await container.remove();
			surroundings.heardOfContainerd();
		} catch (error) {
			log.debug({ service: name }, `service ${name}: could not be removed: ${errorMessage(error)}`);
		}
		output?.end();
	}

	function openOutput(): void {
		output ??= openServiceOutput(context, paths, name, rules.log);
	}

	async function until(settled: (state: ServiceState) => boolean): Promise<void> {
		while (!settled(record.state)) await changed.promise;
	}

	return {
		name,
		rules,
		state: () => record.state,
		async begin() {
			const { phase } = record.state;
			if (trouble !== null) dispatch({ event: 'unusable', reason: trouble });
			else if (!saved.found) start();
			else if (phase === 'backoff') dispatch({ event: 'retry' });
			else if (phase === 'waiting') this.lookAround();
			else if (!phases[phase].isFinal) {
				await findPatiently();
				return;
			}
			await until(isSettled);
		},
		lookAround() {
			if (record.state.phase !== 'waiting') return;
			if (surroundings.blockedBy(rules) === null) dispatch({ event: 'unblocked' });
		},
		async start() {
			if (trouble === null) start();
			await until(isSettled);
		},
		stop: () => end.halt(),
		async restart() {
			if (record.process === null) start();
			else dispatch({ event: 'restart' });
			const waited = await within(
				until((state) => state.phase !== 'stopping'),
				stopLimitMs,
			);
			if (waited.done) await until(isSettled);
		},
		signal: (signal) => record.process !== null && signalProcess(native, record.process, signal),
		status: () => ({
			name,
			state: record.state.phase,
			ready: isReady(record.state, rules),
			pid: record.state.pid,
			restarts: record.state.restarts,
			since: record.sinceMs / 1000,
			reason: record.state.reason,
			after: rules.after,
			log: logPath,
		}),
		process: () => describeProcess(record.process, () => readSpec(load().bundle), paths.cgroup),
		async finish() {
			// PID 1 has come back from a crash in the middle of a shutdown: it has not been looked for.
			if (loaded === null && record.process !== null) background(watch());
			await end.halt();
			probes.close();
			output?.close();
			output = null;
			if (record.prepared) {
				releaseBundle(load().bundle, native);
				save({ prepared: false });
			}
		},
	};

	function start(): void {
		dispatch({ event: 'start', blocked: surroundings.blockedBy(rules) });
	}

	/** containerd may itself be on its way back: while the process runs there is time. */
	async function findPatiently(): Promise<void> {
		for (let pauseMs = WATCH_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, FIND_PAUSE_MS)) {
			try {
				await find();
				return;
			} catch (error) {
				if (error instanceof ShapeError) return dispatch({ event: 'unusable', reason: error.message });
				log.warn({ service: name }, `service ${name}: asking containerd again: ${errorMessage(error)}`);
				await pause(pauseMs);
			}
		}
	}
}

/** Whether a start has come to an end, good or bad. */
function isSettled({ phase }: ServiceState): boolean {
	return phase !== 'starting';
}
