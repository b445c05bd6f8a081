// One service as the supervisor and the control socket use it. The state is in service-unit.ts, the decisions are in
// service-state.ts, and service-actions.ts connects the two.

import { basename } from 'node:path';
import { apparmorProfileOf } from '../bundle/apparmor.ts';
import { readSpec } from '../bundle/bundle.ts';
import { releaseBundle } from '../bundle/prepare.ts';
import { tryReadSupervision } from '../bundle/read-supervision.ts';
import type { Containerd } from '../containerd/containerd-process.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { phases } from '../contract/phases.ts';
import type { ServiceProcess, ServiceStats, ServiceStatus } from '../contract/protocol.ts';
import { type ServiceRules, serviceRules } from '../contract/supervision.ts';
import { serviceLogPath } from '../logs/log-files.ts';
import { releaseNetwork } from '../network/container-network.ts';
import { cgroupUsage } from '../process/cgroup-usage.ts';
import { signalProcess } from '../process/process-identity.ts';
import { within } from '../process/timeout.ts';
import { findContainer, watchContainer } from './run-container.ts';
import { handleEvent } from './service-actions.ts';
import { discardTimeoutMs, halt, stopMarginMs } from './service-end.ts';
import { createServiceProbes } from './service-probes.ts';
import { describeProcess } from './service-process.ts';
import { openRecordStore } from './service-record.ts';
import { isReady, type ServiceState } from './service-state.ts';
import { loadBundle, runInBackground, type ServiceSurroundings, type ServiceUnit } from './service-unit.ts';

export interface Service {
	readonly name: string;
	state(): ServiceState;
	readonly rules: ServiceRules;
	/** Starts it, or finds it running after a crash of PID 1. Resolves once it runs, waits, is late or has failed. */
	begin(): Promise<void>;
	/** Starts it if it waits and nothing blocks it any more. */
	startIfUnblocked(): void;
	/** Handles a request. Resolves once it runs, waits, is late or has failed. */
	start(): Promise<void>;
	/** Handles a request. Keeps what the service has written. Bounded. */
	stop(): Promise<void>;
	/** Handles a request: a stop and a start. */
	restart(): Promise<void>;
	/** Returns false when it has no process. */
	signal(signal: string): boolean;
	status(): ServiceStatus;
	stats(): ServiceStats;
	/** Describes the process, for another program in its container; null when it has none. */
	process(): ServiceProcess | null;
	/** Stops it for good and frees what it has, also when `begin` was never called. Bounded. */
	finish(): Promise<void>;
	/** Notes that a replacement ends it and starts it again, or that it does no more: a crash of PID 1 between the two leaves it to `begin`. */
	noteReplacing(replacing: boolean): void;
}

/** @param folder - the bundle's directory; its name is the service's */
export function createService(
	folder: string,
	context: SupervisorContext,
	paths: GuestPaths,
	containerd: Containerd,
	surroundings: ServiceSurroundings,
): Service {
	const name = basename(folder);
	const { supervision, trouble } = tryReadSupervision(folder);
	const rules = serviceRules(supervision);
	const unit = createUnit(folder, rules, context, paths, containerd, surroundings);
	const { store, dispatch } = unit;
	return {
		name,
		rules,
		state: () => store.current().state,
		async begin() {
			if (trouble !== null) dispatch({ event: 'unusable', reason: trouble });
			else await beginUnit(unit);
		},
		startIfUnblocked: () => startIfUnblocked(unit),
		async start() {
			if (trouble === null) requestStart(unit);
			await settle(unit);
		},
		stop: () => halt(unit),
		restart: () => restart(unit),
		signal(signal) {
			const { process } = store.current();
			return process !== null && signalProcess(context.native, process, signal);
		},
		status: () => statusOf(unit),
		stats: () => statsOf(unit),
		process: () =>
			describeProcess(store.current().process, () => readSpec(loadBundle(unit).bundle), paths.cgroup),
		finish: () => finish(unit),
		noteReplacing: (replacing) => store.save({ replacing }),
	};
}

function createUnit(
	folder: string,
	rules: ServiceRules,
	context: SupervisorContext,
	paths: GuestPaths,
	containerd: Containerd,
	surroundings: ServiceSurroundings,
): ServiceUnit {
	const name = basename(folder);
	const path = stateFiles(paths).service(name);
	const store = openRecordStore(path, () =>
		context.log.warn({ service: name }, `service ${name}: its state could not be written to ${path}`),
	);
	const dispatch: ServiceUnit['dispatch'] = (event) => handleEvent(unit, event);
	const target = {
		name,
		rules,
		process: () => store.current().process,
		container: () => loadBundle(unit).container,
	};
	const unit: ServiceUnit = {
		name,
		folder,
		rules,
		logPath: serviceLogPath(paths.log, name),
		context,
		paths,
		containerd,
		surroundings,
		store,
		probes: createServiceProbes(target, context, paths, dispatch),
		dispatch,
		loaded: null,
		output: null,
		launching: null,
		containerWork: Promise.resolve(),
		retryTimer: undefined,
		graceTimer: undefined,
		killedPid: null,
	};
	return unit;
}

async function beginUnit(unit: ServiceUnit): Promise<void> {
	const { store, dispatch } = unit;
	const { state, replacing } = store.current();
	const { phase } = state;
	if (replacing) {
		// It starts from the bundle that is there, at once or when it has ended.
		requestStart(unit);
		store.save({ replacing: false });
	}
	if (!store.wasFound) requestStart(unit);
	else if (phase === 'backoff') dispatch({ event: 'retry' });
	else if (phase === 'waiting') startIfUnblocked(unit);
	else if (!phases[phase].isFinal) {
		await runInBackground(unit, findContainer(unit).then(dispatch));
		return;
	}
	await settle(unit);
}

function requestStart({ rules, surroundings, dispatch }: ServiceUnit): void {
	dispatch({ event: 'start', blocked: surroundings.blockedBy(rules) });
}

function startIfUnblocked({ rules, store, surroundings, dispatch }: ServiceUnit): void {
	if (store.current().state.phase !== 'waiting') return;
	if (surroundings.blockedBy(rules) === null) dispatch({ event: 'unblocked' });
}

async function restart(unit: ServiceUnit): Promise<void> {
	const { rules, store, dispatch } = unit;
	const { process, state } = store.current();
	if (process === null && state.phase !== 'backoff') requestStart(unit);
	else dispatch({ event: 'restart' });
	const ended = store.until((state) => state.phase !== 'stopping');
	const waited = await within(ended, rules.stop.timeoutMs + stopMarginMs);
	if (waited.done) await settle(unit);
}

async function finish(unit: ServiceUnit): Promise<void> {
	const { context, probes, store, dispatch } = unit;
	// PID 1 has crashed during a shutdown and has not looked for the service since.
	if (unit.loaded === null && store.current().process !== null) {
		const ended = watchContainer(unit).then((event) => {
			if (event !== null) dispatch(event);
		});
		void runInBackground(unit, ended);
	}
	await halt(unit);
	unit.launching?.abort();
	await within(unit.containerWork, discardTimeoutMs);
	probes.close();
	unit.output?.close();
	unit.output = null;
	if (store.current().prepared) {
		// PID 1 may crash meanwhile; the next start releases what is left (run-container.ts).
		store.save({ prepared: false });
		releaseBundle(loadBundle(unit).bundle, context.native);
		releaseNetwork(unit.folder, context.native);
	}
}

function statusOf({ name, rules, logPath, store }: ServiceUnit): ServiceStatus {
	const { state, sinceMs, process } = store.current();
	const apparmor = process === null ? null : apparmorProfileOf(process.pid);
	const { phase, pid, restarts, reason } = state;
	return {
		name,
		state: phase,
		ready: isReady(state, rules),
		pid,
		restarts,
		since: sinceMs / 1000,
		reason,
		after: rules.after,
		log: logPath,
		...(apparmor === null ? {} : { apparmor }),
	};
}

function statsOf({ name, rules, paths, store, output }: ServiceUnit): ServiceStats {
	const { state } = store.current();
	const { phase, pid, restarts } = state;
	return {
		name,
		state: phase,
		ready: isReady(state, rules),
		pid,
		restarts,
		...cgroupUsage(paths.cgroup, pid),
		logLines: output?.lines ?? 0,
	};
}

/** Waits until a start has come to an end, with or without success, or is late. */
async function settle({ store, surroundings }: ServiceUnit): Promise<void> {
	const settled = store.until(({ phase }) => phase !== 'starting');
	await within(settled, surroundings.startTimeouts.lateMs);
}
