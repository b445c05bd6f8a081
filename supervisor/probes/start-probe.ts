// Starts the probe that a service's supervision asks for, and reports its results.

import type { Native } from '../../native/native.ts';
import type { ServiceContainer } from '../containerd/service-container.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import type { Probe, ProbeKind } from '../contract/supervision.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { askExec, openProbeOutput } from './exec-probe.ts';
import { askFile } from './file-probe.ts';
import { askHttp, askTcp } from './network-probes.ts';
import { watchNotifications } from './notify-probe.ts';
import type { NotifySocket } from './notify-socket.ts';
import { type Ask, askRepeatedly } from './probe-schedule.ts';

const maxNameLength = 80;

export interface ProbeTarget {
	/**
	 * `ready` asks at once and ends with its first result; `health` asks after the first interval and continues until it is
	 * stopped.
	 */
	readonly purpose: 'ready' | 'health';
	/** The container's first process. */
	readonly process: ProcessIdentity;
	readonly container: Pick<ServiceContainer, 'run'>;
	/** `process` of the container's runtime-spec; `exec` needs it. */
	readonly spec: JsonRecord;
	/** The socket of a service with a `notify` probe. */
	readonly notify: NotifySocket | null;
	/** An earlier PID 1 started the service, which may still send to that one's notify socket. */
	readonly isFound?: boolean;
	/** The path of a FIFO for the output of an `exec` program; without it the output is lost. */
	readonly output?: string;
}

interface ProbeDependencies {
	readonly native: Native;
	/** Returns milliseconds of CLOCK_MONOTONIC. */
	now(): number;
}

export type ProbeResult =
	| { readonly works: true }
	/** A short sentence, e.g. `tcp 6379: connection refused`. */
	| { readonly works: false; readonly reason: string };

export interface RunningProbe {
	/** No result is reported after it. Idempotent. A question that has begun ends soon by itself. */
	stop(): void;
}

/**
 * Never throws. Calls `onResult` for the first success, then for each change: `retries` failures in a row, a success after
 * those. Never calls it before this function returns.
 */
export function startProbe(
	probe: Probe,
	target: ProbeTarget,
	dependencies: ProbeDependencies,
	onResult: (result: ProbeResult) => void,
): RunningProbe {
	const name = describeProbe(probe.how);
	const running = begin((reason) => {
		if (target.purpose === 'ready') running.stop();
		onResult(reason === null ? { works: true } : { works: false, reason: `${name}: ${reason}` });
	});
	return running;

	function begin(report: (reason: string | null) => void): RunningProbe {
		const { how } = probe;
		if ('notify' in how) return watchNotifications(probe, target, dependencies, report);
		const firstMs = dependencies.now() + (target.purpose === 'ready' ? 0 : probe.intervalMs);
		return askRepeatedly(askFor(how, target, dependencies), probe, firstMs, dependencies, report);
	}
}

/** Returns e.g. `tcp 6379` or `exec redis-cli ping`, at most 80 characters. */
export function describeProbe(how: ProbeKind): string {
	const name = nameOf(how);
	return name.length > maxNameLength ? `${name.slice(0, maxNameLength - 1)}…` : name;
}

function nameOf(how: ProbeKind): string {
	if ('tcp' in how) return how.host === undefined ? `tcp ${how.tcp}` : `tcp ${how.host}:${how.tcp}`;
	if ('http' in how) return `http ${how.http}`;
	if ('exec' in how) return `exec ${how.exec.join(' ')}`;
	return 'file' in how ? `file ${how.file}` : 'notify';
}

function askFor(
	how: Exclude<ProbeKind, { readonly notify: true }>,
	{ process, container, spec, purpose, output }: ProbeTarget,
	{ native }: ProbeDependencies,
): Ask {
	if ('tcp' in how) return askTcp(native, process, how);
	if ('http' in how) return askHttp(native, process, how.http);
	if ('exec' in how) {
		const openOutput = () => (output === undefined ? null : openProbeOutput(native, output));
		return askExec(container, `slipway-${purpose}`, spec, how.exec, openOutput);
	}
	return askFile(native, process, how.file);
}
