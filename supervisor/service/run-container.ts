// The container of a service from its start to its end. Each function returns the event that reports its result, and
// leaves it to the caller to dispatch it.
//
// The writable layer is made at the first start and kept until shutdown: what a service has written is there after a
// restart, as with Docker's restart policies. A reboot starts from the image again.

import { setTimeout as pause } from 'node:timers/promises';
import { errorMessage } from '../../native/text/error-message.ts';
import { requireProfile } from '../bundle/apparmor.ts';
import { type Bundle, programOf, readSpec } from '../bundle/bundle.ts';
import { defaultLimits, withDefaultLimits } from '../bundle/default-limits.ts';
import { prepareBundle, releaseBundle } from '../bundle/prepare.ts';
import { needsProcess, prepareProcess } from '../bundle/prepare-process.ts';
import type { CallLimits, Task } from '../containerd/containerd-client.ts';
import { isGrpcError } from '../containerd/grpc-error.ts';
import { describeStatus, endFound, type ServiceContainer } from '../containerd/service-container.ts';
import { ShapeError } from '../contract/json-shape.ts';
import { phases } from '../contract/phases.ts';
import { lastLogLines } from '../logs/log-reader.ts';
import { ensureNetwork } from '../network/container-network.ts';
import { readNetwork } from '../network/read-network.ts';
import { refuseTaken } from '../network/run-networks.ts';
import { withServiceHosts, writeServiceHosts } from '../network/service-hosts.ts';
import { cgroupOf, outOfMemoryNote } from '../process/memory-events.ts';
import { execFailure } from '../process/runtime-failure.ts';
import { isProcessGone } from './service-end.ts';
import { serviceFifos } from './service-output.ts';
import type { ServiceEvent } from './service-state.ts';
import { loadBundle, openOutput, removeContainer, type ServiceUnit } from './service-unit.ts';
import { isCutOff, startFailure } from './start-failure.ts';

/** The pause between two requests for a container whose shim does not answer. */
const watchPauseMs = 200;
/** The longest pause between two attempts to find a service after a crash of PID 1. */
const maxFindPauseMs = 5000;

/**
 * Creates the container and starts its program. Dispatches `start-late` when that takes long. Returns `started`,
 * `start-failed` or `unusable`; never rejects.
 *
 * @param adopt - take the container of the attempt before when it runs by now
 * @param signal - aborted when the start is no longer wanted; what is there of it is removed then
 */
export async function launchContainer(
	unit: ServiceUnit,
	adopt: boolean,
	signal: AbortSignal,
): Promise<ServiceEvent> {
	const { lateMs } = unit.surroundings.startTimeouts;
	const late = setTimeout(() => {
		if (signal.aborted) return;
		const reason = `containerd has not started it in ${lateMs / 1000} s; PID 1 waits for it`;
		unit.context.log.warn({ service: unit.name }, `service ${unit.name}: ${reason}`);
		unit.dispatch({ event: 'start-late', reason });
	}, lateMs);
	try {
		return await tryLaunch(unit, adopt, signal);
	} finally {
		clearTimeout(late);
	}
}

async function tryLaunch(unit: ServiceUnit, adopt: boolean, signal: AbortSignal): Promise<ServiceEvent> {
	const { name, context, paths, probes, store, surroundings } = unit;
	const limits = { timeoutMs: surroundings.startTimeouts.lostMs, signal };
	let program: string | undefined;
	store.save({ end: null });
	try {
		signal.throwIfAborted();
		const { bundle, container } = loadBundle(unit);
		let spec = withDefaultLimits(probes.prepare(readSpec(bundle)), defaultLimits(paths));
		requireProfile(spec, paths);
		program = programOf(spec);
		openOutput(unit);
		const isFirstStart = !store.current().prepared;
		prepareOnce(unit, bundle);
		const network = readNetwork(unit.folder);
		if (network !== null) {
			// Somebody may have flushed the rules since. The first starts of all services share those of the boot.
			await surroundings.networkRules[isFirstStart ? 'require' : 'renew']();
			refuseTaken(network, paths);
			ensureNetwork(network, context.native);
			const hosts = writeServiceHosts(name, network, paths);
			if (hosts !== null) spec = withServiceHosts(spec, unit.folder, hosts);
		}
		const specText = JSON.stringify(spec);
		const found = adopt ? await findStarted(bundle, container, specText, limits) : null;
		if (found?.status === 'running') {
			context.log.info({ service: name }, `service ${name}: its start has succeeded late`);
			probes.attend(found.pid);
			return { event: 'started', pid: found.pid };
		}
		const pid = await container.create(specText, serviceFifos(paths, name), limits);
		probes.attend(pid);
		prepareProcess(bundle, pid, context.native);
		await container.start(limits);
		signal.throwIfAborted();
		return { event: 'started', pid };
	} catch (error) {
		if (error instanceof ShapeError) {
			return { event: 'unusable', reason: `can't be read: ${error.message}` };
		}
		if (isGrpcError(error, 'DEADLINE_EXCEEDED'))
			await unit.containerd.suspect(surroundings.startTimeouts.lateMs);
		if (!isCutOff(error) || signal.aborted) await discardContainer(unit);
		// The whole chain of the runtimes, of which the reason has the cause.
		context.log.debug({ service: name }, `service ${name}: ${errorMessage(error)}`);
		return { event: 'start-failed', reason: startFailure(error, program, unit.folder) };
	}
}

/** Finds the task of the attempt before. One that is created and needs nothing else is started; its shim may do that already. */
async function findStarted(
	bundle: Bundle,
	container: ServiceContainer,
	specText: string,
	limits: CallLimits,
): Promise<Task | null> {
	const found = await container.findStarted(specText);
	if (found?.status !== 'created' || needsProcess(bundle.runtime)) return found;
	try {
		await container.start(limits);
	} catch (error) {
		if (isCutOff(error)) throw error;
		// It runs already, which shows next, or it is removed and made anew.
	}
	return await container.findStarted(specText);
}

/** Removes the container of a start that failed or is no longer wanted. Best effort, like `removeContainer`. */
export async function discardContainer(unit: ServiceUnit): Promise<void> {
	if (unit.loaded !== null) await removeContainer(unit, unit.loaded.container);
}

function commandOf(unit: ServiceUnit): string | undefined {
	try {
		return programOf(readSpec(loadBundle(unit).bundle));
	} catch {
		// The bundle was readable at the start, and the reason of the end is there without it.
		return undefined;
	}
}

function prepareOnce({ context, paths, store }: ServiceUnit, bundle: Bundle): void {
	if (store.current().prepared) return;
	// PID 1 may have crashed between the mounts and the record of them.
	if (store.wasFound) releaseBundle(bundle, context.native);
	prepareBundle(bundle, context.native, paths.cgroup);
	store.save({ prepared: true });
}

/**
 * Waits for the end of the container, removes it and returns `exited`. Returns null when the service has started again
 * meanwhile: a stop does not wait for a report of containerd's that is very late, and the next start removes what is left.
 */
export async function watchContainer(unit: ServiceUnit): Promise<ServiceEvent | null> {
	const { paths, store, surroundings } = unit;
	const { container } = loadBundle(unit);
	const { process, state } = store.current();
	const isStartedAgain = (): boolean => {
		const { phase, pid } = store.current().state;
		return pid !== state.pid && !phases[phase].isFinal;
	};
	// In turn, since a start beside it would lose its container.
	const removeEnded = async (): Promise<void> => {
		unit.containerWork = unit.containerWork.then(async () => {
			if (!isStartedAgain()) await removeContainer(unit, container);
		});
		await unit.containerWork;
	};
	const cgroup = process === null ? null : cgroupOf(process.pid);
	for (;;) {
		try {
			const status = await container.wait();
			surroundings.noteContainerdActivity();
			if (isStartedAgain()) return null;
			const reason = `${describeStatus(status)}${outOfMemoryNote(paths.cgroup, cgroup)}`;
			const end = { reason, succeeded: status === 0 };
			// PID 1 may crash during the removal, and the status is lost with the container.
			store.save({ end });
			await removeEnded();
			if (isStartedAgain()) return null;
			const cause = end.succeeded ? null : execFailure(lastLogLines(unit.logPath, 1)[0], commandOf(unit));
			return { event: 'exited', ...end, reason: cause === null ? reason : `could not be started: ${cause}` };
		} catch (error) {
			if (isStartedAgain()) return null;
			if (isProcessGone(unit) && isGrpcError(error, 'NOT_FOUND', 'UNKNOWN', 'INTERNAL')) {
				await removeEnded();
				if (isStartedAgain()) return null;
				return { event: 'exited', reason: 'ended; containerd does not know how', succeeded: false };
			}
			// containerd restarts, or has no record of a process that runs: the request is repeated.
			await pause(watchPauseMs);
		}
	}
}

/**
 * Looks for the container after a crash of PID 1, again and again while containerd does not answer. Returns `found`,
 * `exited`, `start-failed` or `unusable`; never rejects.
 */
export async function findContainer(unit: ServiceUnit): Promise<ServiceEvent> {
	const { name, context } = unit;
	for (let pauseMs = watchPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxFindPauseMs)) {
		try {
			return await tryFindContainer(unit);
		} catch (error) {
			if (error instanceof ShapeError) return { event: 'unusable', reason: error.message };
			const reason = errorMessage(error);
			context.log.warn(
				{ service: name },
				`service ${name}: the request to containerd is repeated: ${reason}`,
			);
			await pause(pauseMs);
		}
	}
}

async function tryFindContainer(unit: ServiceUnit): Promise<ServiceEvent> {
	const { probes, store } = unit;
	const { bundle, container } = loadBundle(unit);
	openOutput(unit);
	const task = await container.find();
	const { state, end } = store.current();
	if (task?.status === 'running' || task?.status === 'paused') {
		probes.resume(readSpec(bundle));
		probes.attend(task.pid);
		return { event: 'found', pid: task.pid, startedAtMs: state.startedAtMs };
	}
	if (task !== null) await removeContainer(unit, container);
	const ended = endFound(task, end);
	if (state.phase === 'starting') return { event: 'start-failed', reason: ended.reason };
	return { event: 'exited', ...ended };
}
