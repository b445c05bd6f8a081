// One service: does what its state machine (service-state.ts) asks for, and tells it what came of it.
//
// The writable layer is made at the first start and kept until shutdown: what a service has written is there
// after a restart, as with Docker's restart policies. A reboot starts from the image again.

import { basename, join } from 'node:path';
import { type Bundle, programOf, readBundle, readSpec } from './bundle.ts';
import { type Containerd, ContainerdError } from './containerd/containerd-process.ts';
import { isGrpcError } from './containerd/grpc-error.ts';
import type { GuestPaths } from './guest-paths.ts';
import { ShapeError } from './json-shape.ts';
import { serviceLogPath } from './logs/log-files.ts';
import type { ServiceLog } from './logs/service-log.ts';
import { prepareBundle, releaseBundle } from './prepare.ts';
import { prepareProcess } from './prepare-process.ts';
import { identifyProcess, signalProcess } from './process-identity.ts';
import { readSupervision } from './read-supervision.ts';
import { announceService } from './service-announcement.ts';
import { createServiceContainer, describeStatus, type ServiceContainer } from './service-container.ts';
import { openServiceOutput, serviceFifos } from './service-output.ts';
import { readServiceRecord, type ServiceRecord, writeServiceRecord } from './service-record.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';
import {
	isReady,
	type ServiceAction,
	type ServiceEvent,
	type ServiceState,
	transition,
} from './service-state.ts';
import type { SupervisorContext } from './supervisor.ts';
import { terminate } from './terminate.ts';
import { pause, within } from './time-limit.ts';

/** After SIGKILL, for the kernel to end the processes and containerd to tell. */
const KILL_LIMIT_MS = 2000;
const STOP_POLL_MS = 100;
/** For containerd to tell the end of a process that is gone, and to remove the container. */
const TELL_LIMIT_MS = 2000;
/** What stopping takes at most beyond the service's own time. */
export const STOP_MARGIN_MS = KILL_LIMIT_MS + TELL_LIMIT_MS;
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
	/** Asks it to end, kills it when its time is up; bounded, and also right when `begin` was never called. */
	stop(): Promise<void>;
}

/** What a service needs of the others and of the system. */
export interface ServiceSurroundings {
	/** What it has to wait for, or null. */
	blockedBy(rules: ServiceRules): string | null;
	/** Its state is another one. */
	onChange(): void;
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
	const { rules, trouble } = readRules(folder);
	const recordPath = join(paths.state, 'services', `${name}.json`);
	const logPath = serviceLogPath(paths.log, name);
	const saved = readServiceRecord(recordPath);
	let record: ServiceRecord = saved.record;
	let recorded = true;
	let loaded: Loaded | null = null;
	let output: ServiceLog | null = null;
	let retryTimer: NodeJS.Timeout | undefined;
	let graceTimer: NodeJS.Timeout | undefined;
	let killedPid: number | null = null;
	let changed = Promise.withResolvers<void>();

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
		save({ state, process });
		if (!isEnding(state)) clearTimeout(graceTimer);
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
				background(launch());
				break;
			case 'watch':
				background(watch());
				break;
			case 'end':
				askToEnd();
				break;
			case 'kill':
				kill();
				break;
			case 'probe':
				// Probes come with the next change.
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

	function askToEnd(): void {
		const { process } = record;
		clearTimeout(graceTimer);
		graceTimer = setTimeout(() => dispatch({ event: 'grace-over' }), rules.stop.timeoutMs);
		if (process === null) return;
		const signal = rules.stop.signal as NodeJS.Signals;
		background(terminate(native, process, () => isEnding(record.state), signal));
	}

	function kill(): void {
		const { process } = record;
		if (process === null) return;
		if (process.pid !== killedPid) {
			log.warn({ service: name }, `service ${name} did not end in ${rules.stop.timeoutMs} ms and is killed`);
		}
		killedPid = process.pid;
		signalProcess(native, process, 'SIGKILL');
	}

	function background(work: Promise<void>): void {
		work.catch((error: unknown) => {
			log.error({ service: name }, `service ${name} is no longer supervised: ${messageOf(error)}`);
			dispatch({ event: 'unusable', reason: messageOf(error) });
		});
	}

	async function launch(): Promise<void> {
		let program: string | undefined;
		try {
			const { bundle, container } = load();
			const spec = readSpec(bundle);
			program = programOf(spec);
			openOutput();
			prepareOnce(bundle);
			const pid = await container.create(JSON.stringify(spec), serviceFifos(paths, name));
			prepareProcess(bundle, pid, native);
			await container.start();
			dispatch({ event: 'started', pid });
		} catch (error) {
			if (error instanceof ShapeError) {
				dispatch({ event: 'unusable', reason: `can't be read: ${error.message}` });
				return;
			}
			if (loaded !== null && !(error instanceof ContainerdError)) await discard(loaded.container);
			const said = isGrpcError(error, 'UNKNOWN') ? `containerd says: ${error.details}` : messageOf(error);
			const which = program === undefined ? '' : `; its program is ${program} in ${folder}/rootfs`;
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
		for (;;) {
			try {
				const status = await container.wait();
				await discard(container);
				dispatch({ event: 'exited', reason: describeStatus(status), succeeded: status === 0 });
				return;
			} catch (error) {
				if (processIsGone() && isGrpcError(error, 'NOT_FOUND', 'UNKNOWN', 'INTERNAL')) {
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
		const { container } = load();
		openOutput();
		const task = await container.find();
		if (task?.status === 'running' || task?.status === 'paused') {
			dispatch({ event: 'found', pid: task.pid, startedAtMs: record.state.startedAtMs });
			return;
		}
		if (task !== null) await discard(container);
		const reason =
			task?.status === 'stopped' ? describeStatus(task.exitStatus) : 'was not running when PID 1 came back';
		if (record.state.phase === 'starting') dispatch({ event: 'start-failed', reason });
		else
			dispatch({ event: 'exited', reason, succeeded: task?.status === 'stopped' && task.exitStatus === 0 });
	}

	function processIsGone(): boolean {
		const { process } = record;
		return process === null || identifyProcess(process.pid)?.startTicks !== process.startTicks;
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
		} catch (error) {
			log.debug({ service: name }, `service ${name}: could not be removed: ${messageOf(error)}`);
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
			else if (phase !== 'stopped' && phase !== 'failed') {
				await findPatiently();
				return;
			}
			await until((state) => state.phase !== 'starting');
		},
		lookAround() {
			if (record.state.phase !== 'waiting') return;
			if (surroundings.blockedBy(rules) === null) dispatch({ event: 'unblocked' });
		},
		async stop() {
			clearTimeout(retryTimer);
			// PID 1 has come back from a crash in the middle of a shutdown: it has not been looked for.
			if (loaded === null && record.process !== null) background(watch());
			dispatch({ event: 'stop' });
			if (!(await stopsWithin(rules.stop.timeoutMs))) {
				dispatch({ event: 'grace-over' });
				if (!(await stopsWithin(KILL_LIMIT_MS))) {
					log.error({ service: name }, `service ${name} does not end, not even by SIGKILL`);
				}
			}
			clearTimeout(graceTimer);
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

	/** Looks at the process itself too: containerd may hang, or be gone. */
	async function stopsWithin(limitMs: number): Promise<boolean> {
		const deadlineMs = now() + limitMs;
		let goneSinceMs: number | null = null;
		for (;;) {
			const stopped = until((state) => state.phase === 'stopped');
			const waited = await within(stopped, Math.min(STOP_POLL_MS, deadlineMs - now()));
			if (waited.done) return true;
			if (processIsGone()) goneSinceMs ??= now();
			if (goneSinceMs !== null && (now() - goneSinceMs >= TELL_LIMIT_MS || now() >= deadlineMs)) {
				dispatch({ event: 'exited', reason: 'ended; containerd does not answer', succeeded: false });
				return true;
			}
			if (now() >= deadlineMs) return false;
		}
	}

	/** containerd may itself be on its way back: while the process runs there is time. */
	async function findPatiently(): Promise<void> {
		for (let pauseMs = WATCH_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, FIND_PAUSE_MS)) {
			try {
				await find();
				return;
			} catch (error) {
				if (error instanceof ShapeError) return dispatch({ event: 'unusable', reason: error.message });
				log.warn({ service: name }, `service ${name}: asking containerd again: ${messageOf(error)}`);
				await pause(pauseMs);
			}
		}
	}
}

/** Supervision that can't be read makes the service unusable, but it is there. */
function readRules(folder: string): { readonly rules: ServiceRules; readonly trouble: string | null } {
	try {
		return { rules: serviceRules(readSupervision(folder)), trouble: null };
	} catch (error) {
		return { rules: serviceRules({}), trouble: `can't be read: ${messageOf(error)}` };
	}
}

function isEnding({ phase }: ServiceState): boolean {
	return phase === 'stopping' || phase === 'unhealthy';
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
