// Runs the probes of a service, first readiness, then health, and reports their results as events of its state machine.

import type { ServiceContainer } from '../containerd/service-container.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { asRecord, type JsonRecord } from '../contract/json-shape.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { withNotifySocket } from '../probes/notify-protocol.ts';
import { type NotifySocket, openNotifySocket } from '../probes/notify-socket.ts';
import { type RunningProbe, startProbe } from '../probes/start-probe.ts';
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.ts';
import type { ServiceEvent } from './service-state.ts';

export interface ProbedService {
	readonly name: string;
	readonly rules: Pick<ServiceRules, 'ready' | 'health'>;
	/** Returns the container's first process, or null. */
	process(): ProcessIdentity | null;
	container(): ServiceContainer;
}

export interface ServiceProbes {
	/**
	 * Called before the container is created. Returns its runtime-spec, with the notify socket if a probe uses one. The socket
	 * stays from one attempt to the next, so that the messages of a start that succeeds late are not lost.
	 */
	prepare(spec: JsonRecord): JsonRecord;
	/** Called in place of `prepare` when an earlier PID 1 has created the container. */
	resume(spec: JsonRecord): void;
	/** Called when the pid of the container's first process is known. */
	attend(pid: number): void;
	/** Starts one probe and stops the other one. */
	run(what: 'ready' | 'health' | 'nothing'): void;
	/** Stops all probes and closes what they have open. Idempotent. */
	close(): void;
}

export function createServiceProbes(
	{ name, rules, process: processOf, container }: ProbedService,
	{ log, native, now }: SupervisorContext,
	paths: GuestPaths,
	report: (event: ServiceEvent) => void,
): ServiceProbes {
	const { ready, health } = rules;
	const usesNotify = [ready, health].some((probe) => probe !== null && 'notify' in probe.how);
	const folder = stateFiles(paths).notify(name);
	let socket: NotifySocket | null = null;
	let spec: JsonRecord = {};
	let running: RunningProbe | null = null;
	let isFound = false;
	let attended: ProcessIdentity | null = null;

	function stop(): void {
		running?.stop();
		running = null;
	}

	function open(given: JsonRecord): JsonRecord {
		stop();
		spec = given;
		if (!usesNotify) return spec;
		socket ??= openNotifySocket(native, folder, (reason) =>
			log.warn({ service: name }, `service ${name}: a message to NOTIFY_SOCKET does not count: ${reason}`),
		);
		const watchdogMs = health !== null && 'notify' in health.how ? health.intervalMs : null;
		spec = withNotifySocket(given, folder, watchdogMs);
		return spec;
	}

	return {
		prepare(given) {
			isFound = false;
			return open(given);
		},
		resume(given) {
			isFound = true;
			open(given);
		},
		attend(pid) {
			const process = identifyProcess(pid);
			// A message that the process has sent already counts.
			if (process !== null && process.startTicks === attended?.startTicks && pid === attended.pid) return;
			attended = process;
			socket?.attend(pid);
		},
		run(what) {
			stop();
			const process = processOf();
			const probe = what === 'nothing' ? null : rules[what];
			if (what === 'nothing' || probe === null || process === null) return;
			const target = {
				purpose: what,
				process,
				container: container(),
				notify: socket,
				isFound,
				spec: asRecord(spec['process'] ?? {}, 'process'),
				output: stateFiles(paths).probeOutput(name, what),
			};
			running = startProbe(probe, target, { native, now }, (result) => {
				if (!result.works) {
					report({ event: what === 'ready' ? 'unready' : 'unhealthy', reason: result.reason });
				} else if (what === 'ready') report({ event: 'ready' });
			});
		},
		close() {
			stop();
			socket?.close();
			socket = null;
		},
	};
}
