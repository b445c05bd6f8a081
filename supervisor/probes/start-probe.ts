// Asks a service, again and again, whether it works, and tells what has come of it.

import type { Native } from '../../native/native.ts';
import type { ServiceContainer } from '../containerd/service-container.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import type { Probe, ProbeKind } from '../contract/supervision.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { askRepeatedly } from './ask-repeatedly.ts';
import { askExec } from './exec-probe.ts';
import { askFile } from './file-probe.ts';
import { askHttp } from './http-probe.ts';
import { listenToService } from './notify-probe.ts';
import type { NotifySocket } from './notify-socket.ts';
import { openProbeOutput } from './probe-output.ts';
import type { Ask } from './question.ts';
import { askTcp } from './tcp-probe.ts';

const NAME_MAX_LENGTH = 80;

export interface ProbeTarget {
	/**
	 * `ready` is asked at once and ends with its first result; `health` is asked after the first interval and goes
	 * on until it is stopped.
	 */
	readonly purpose: 'ready' | 'health';
	/** The container's first. */
	readonly process: ProcessIdentity;
	readonly container: Pick<ServiceContainer, 'run'>;
	/** `process` of the container's runtime-spec, for the kind `exec`. */
	readonly spec: JsonRecord;
	/** Of a service with a `notify` probe. */
	readonly notify: NotifySocket | null;
	/** It was started by an earlier PID 1, to whose notify socket it may still speak. */
	readonly isFound?: boolean;
	/** A name for a FIFO, for what a program of the kind `exec` prints; without it that is lost. */
	readonly output?: string;
}

export interface ProbeDependencies {
	readonly native: Native;
	/** Milliseconds of CLOCK_MONOTONIC. */
	now(): number;
}

export type ProbeResult =
	| { readonly works: true }
	/** A short sentence, e.g. `tcp 6379: connection refused`. */
	| { readonly works: false; readonly reason: string };

export interface RunningProbe {
	/** No result comes after it. Idempotent; what a question has begun ends soon, by itself. */
	stop(): void;
}

/**
 * Never throws. `onResult` hears the first success, then each change: `retries` failures in a row, a success after
 * those. It is never called before this returns.
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
		if ('notify' in how) return listenToService(probe, target, dependencies, report);
		const firstMs = dependencies.now() + (target.purpose === 'ready' ? 0 : probe.intervalMs);
		return askRepeatedly(askFor(how, target, dependencies), probe, firstMs, dependencies, report);
	}
}

/** e.g. `tcp 6379`, `exec redis-cli ping`; a long command is cut. */
export function describeProbe(how: ProbeKind): string {
	const name = nameOf(how);
	return name.length > NAME_MAX_LENGTH ? `${name.slice(0, NAME_MAX_LENGTH - 1)}…` : name;
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
