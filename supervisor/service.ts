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
import { type OutputPaths, outputPaths } from './output-files.ts';
import { type OutputPump, pumpOutput } from './output-pump.ts';
import { prepareBundle, releaseBundle } from './prepare.ts';
import { prepareProcess } from './prepare-process.ts';
import { identifyProcess, signalProcess } from './process-identity.ts';
import { RESTART_POLICY } from './restart-policy.ts';
import { announceService } from './service-announcement.ts';
import { createServiceContainer, describeStatus, type ServiceContainer } from './service-container.ts';
import { readServiceRecord, type ServiceRecord, writeServiceRecord } from './service-record.ts';
import { type ServiceAction, type ServiceEvent, type ServiceState, transition } from './service-state.ts';
import type { SupervisorContext } from './supervisor.ts';
import { terminate } from './terminate.ts';
import { pause, within } from './time-limit.ts';

/** After SIGKILL, for the kernel to end the processes and containerd to tell. */
const KILL_LIMIT_MS = 2000;
const STOP_POLL_MS = 100;
/** For containerd to tell the end of a process that is gone, and to remove the container. */
const TELL_LIMIT_MS = 2000;
/** Between two questions about a container whose shim does not answer. */
const WATCH_PAUSE_MS = 200;
/** The longest one between two attempts to find a service after a crash of PID 1. */
const FIND_PAUSE_MS = 5000;

export interface Service {
	readonly name: string;
	state(): ServiceState;
	/** Starts it, or finds it running from before a crash of PID 1; resolves once it runs or has failed. */
	begin(): Promise<void>;
	/** SIGTERM, and SIGKILL after `graceMs`; bounded, and also right when `begin` was never called. */
	stop(graceMs: number): Promise<void>;
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
): Service {
	const { log, native, now } = context;
	const name = basename(folder);
	const recordPath = join(paths.state, 'services', `${name}.json`);
	const files: OutputPaths = outputPaths(paths.log, name);
	const fifos: OutputPaths = {
		stdout: join(paths.state, 'fifo', `${name}.out`),
		stderr: join(paths.state, 'fifo', `${name}.err`),
	};
	const saved = readServiceRecord(recordPath);
	let record: ServiceRecord = saved.record;
	let recorded = true;
	let loaded: Loaded | null = null;
	let pumps: readonly OutputPump[] = [];
	let retryTimer: NodeJS.Timeout | undefined;
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
		const { state, actions } = transition(before, event, now(), RESTART_POLICY);
		const process =
			state.pid === null ? null : state.pid === before.pid ? record.process : identifyProcess(state.pid);
		save({ state, process });
		if (state.phase !== before.phase) announceService(log, name, files, before, state, actions);
		for (const action of actions) carryOut(action);
		changed.resolve();
		changed = Promise.withResolvers<void>();
	}

	function carryOut(action: ServiceAction): void {
		switch (action.action) {
			case 'launch':
				background(launch());
				break;
			case 'watch':
				background(watch());
				break;
			case 'signal':
				sendSignal(action.signal);
				break;
			case 'schedule-retry':
				retryTimer = setTimeout(() => dispatch({ event: 'retry' }), action.delayMs);
				break;
			case 'cancel-retry':
				clearTimeout(retryTimer);
				break;
		}
	}

	function sendSignal(signal: 'SIGTERM' | 'SIGKILL'): void {
		const { process } = record;
		if (process === null) return;
		if (signal === 'SIGKILL') signalProcess(native, process, signal);
		else background(terminate(native, process, () => record.state.phase === 'stopping'));
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
			openPumps();
			prepareOnce(bundle);
			const pid = await container.create(JSON.stringify(spec), fifos);
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
				dispatch({ event: 'exited', reason: describeStatus(status) });
				return;
			} catch (error) {
				if (processIsGone() && isGrpcError(error, 'NOT_FOUND', 'UNKNOWN', 'INTERNAL')) {
					await discard(container);
					dispatch({ event: 'exited', reason: 'ended; containerd does not know how' });
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
		openPumps();
		const task = await container.find();
		if (task?.status === 'running' || task?.status === 'paused') {
			dispatch({ event: 'found', pid: task.pid, startedAtMs: record.state.startedAtMs });
			return;
		}
		if (task !== null) await discard(container);
		const reason =
			task?.status === 'stopped' ? describeStatus(task.exitStatus) : 'was not running when PID 1 came back';
		dispatch({ event: record.state.phase === 'starting' ? 'start-failed' : 'exited', reason });
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
		for (const pump of pumps) pump.drain();
		try {
			await container.remove();
		} catch (error) {
			log.debug({ service: name }, `service ${name}: could not be removed: ${messageOf(error)}`);
		}
		for (const pump of pumps) pump.drain();
	}

	function openPumps(): void {
		if (pumps.length > 0) return;
		const onTrouble = (error: unknown) => {
			log.warn({ service: name }, `service ${name}: its output is being lost: ${messageOf(error)}`);
		};
		pumps = [
			pumpOutput(native, fifos.stdout, files.stdout, onTrouble),
			pumpOutput(native, fifos.stderr, files.stderr, onTrouble),
		];
	}

	async function until(settled: (state: ServiceState) => boolean): Promise<void> {
		while (!settled(record.state)) await changed.promise;
	}

	return {
		name,
		state: () => record.state,
		async begin() {
			const { phase } = record.state;
			if (!saved.found || phase === 'failed') dispatch({ event: 'start' });
			else if (phase === 'backoff') dispatch({ event: 'retry' });
			else if (phase !== 'stopped') {
				await findPatiently();
				return;
			}
			await until((state) => state.phase !== 'starting');
		},
		async stop(graceMs) {
			clearTimeout(retryTimer);
			// PID 1 has come back from a crash in the middle of a shutdown: it has not been looked for.
			if (loaded === null && record.process !== null) background(watch());
			dispatch({ event: 'stop' });
			if (!(await stopsWithin(graceMs))) {
				log.warn({ service: name }, `service ${name} did not stop in ${graceMs} ms and is killed`);
				dispatch({ event: 'grace-over' });
				if (!(await stopsWithin(KILL_LIMIT_MS))) {
					log.error({ service: name }, `service ${name} does not end, not even by SIGKILL`);
				}
			}
			for (const pump of pumps) pump.close();
			pumps = [];
			if (record.prepared) {
				releaseBundle(load().bundle, native);
				save({ prepared: false });
			}
		},
	};

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
				dispatch({ event: 'exited', reason: 'ended; containerd does not answer' });
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

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
