// What a service is asked, and its answers as events of its state machine: readiness, then health.

import type { ServiceContainer } from '../containerd/service-container.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { asRecord, type JsonRecord } from '../contract/json-shape.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import { withNotifySocket } from '../probes/notify-protocol.ts';
import { type NotifySocket, openNotifySocket } from '../probes/notify-socket.ts';
import { type RunningProbe, startProbe } from '../probes/start-probe.ts';
import type { ServiceRecord } from './service-record.ts';
import type { ServiceRules } from './service-rules.ts';
import type { ServiceEvent } from './service-state.ts';

export interface ProbedService {
	readonly name: string;
	readonly rules: ServiceRules;
	record(): ServiceRecord;
	container(): ServiceContainer;
	dispatch(event: ServiceEvent): void;
}

export interface ServiceProbes {
	/** Before the container is created: its runtime-spec, with the notify socket where one is used. */
	prepare(spec: JsonRecord): JsonRecord;
	/** Instead of that, where an earlier PID 1 has created it. */
	resume(spec: JsonRecord): void;
	/** The container's first process is known. */
	attend(pid: number): void;
	/** From now on this alone is asked. */
	ask(what: 'ready' | 'health' | 'nothing'): void;
	/** Nothing is asked, and nothing is left open. Idempotent. */
	close(): void;
}

export function createServiceProbes(
	{ name, rules, record, container, dispatch }: ProbedService,
	{ log, native, now }: SupervisorContext,
	paths: GuestPaths,
): ServiceProbes {
	const { ready, health } = rules;
	const usesNotify = [ready, health].some((probe) => probe !== null && 'notify' in probe.how);
	const folder = stateFiles(paths).notify(name);
	let socket: NotifySocket | null = null;
	let spec: JsonRecord = {};
	let running: RunningProbe | null = null;
	let isFound = false;

	function stop(): void {
		running?.stop();
		running = null;
	}

	function open(given: JsonRecord): JsonRecord {
		stop();
		socket?.close();
		socket = null;
		spec = given;
		if (!usesNotify) return spec;
		socket = openNotifySocket(native, folder, (reason) =>
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
		attend: (pid) => socket?.attend(pid),
		ask(what) {
			stop();
			const { process } = record();
			const probe = what === 'nothing' ? null : rules[what];
			if (what === 'nothing' || probe === null || process === null) return;
			const target = {
				...{ purpose: what, process, container: container(), notify: socket, isFound },
				spec: asRecord(spec['process'] ?? {}, 'process'),
				output: stateFiles(paths).probeOutput(name, what),
			};
			running = startProbe(probe, target, { native, now }, (result) => {
				if (!result.works) {
					dispatch({ event: what === 'ready' ? 'unready' : 'unhealthy', reason: result.reason });
				} else if (what === 'ready') dispatch({ event: 'ready' });
			});
		},
		close() {
			stop();
			socket?.close();
			socket = null;
		},
	};
}
