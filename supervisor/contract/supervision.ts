// The supervision of a container: `supervision.json` beside its `config.json`. `slipway build` writes the file when the
// YAML has one of these keys; LinuxKit's bundles have none. Every key may be absent, and the guest adds the defaults.
// Only probes are complete in the file: their defaults are in tools/config.
//
// The types follow from the shapes that parse the file, so that each key is written once. All times are milliseconds.

import {
	allKeys,
	anyKeys,
	asCount,
	asMilliseconds,
	asRecord,
	asString,
	listOf,
	oneOf,
	ShapeError,
} from './json-shape.ts';
import { signalNumber } from './signals.ts';

const asRestart = anyKeys({
	policy: oneOf('always', 'on-failure', 'no'),
	/** The first pause. Each further pause has twice the length of the one before. */
	delayMs: asMilliseconds,
	maxDelayMs: asMilliseconds,
	/** The highest number of ends within `burstWindowMs` that is not too many. */
	burst: asCount,
	burstWindowMs: asMilliseconds,
	/** The action after too many ends. */
	onBurst: oneOf('stop', 'reboot', 'poweroff'),
});

const asSignal: typeof asString = (value, place) => {
	const name = asString(value, place);
	if (signalNumber(name) === null) throw new ShapeError(place, 'the name of a signal, such as SIGTERM');
	return name;
};

const asStop = anyKeys({
	/** `SIGTERM`, `SIGRTMIN+3`, … (signals.ts). */
	signal: asSignal,
	/** The time from the signal to SIGKILL. */
	timeoutMs: asMilliseconds,
});

export type ProbeKind =
	/** A connection to this port succeeds in the network namespace of the container. */
	| { readonly tcp: number; readonly host?: string }
	/** A GET of this URL in the network namespace of the container is answered by 200 to 399. */
	| { readonly http: string }
	/** This program, run in the container, exits 0. */
	| { readonly exec: readonly string[] }
	/** This path exists, as the container sees it. */
	| { readonly file: string }
	/** The service itself reports it (sd_notify(3)). As `health`, it sends WATCHDOG=1 within each interval. */
	| { readonly notify: true };

const asProbe = allKeys({
	how: asProbeKind,
	/** The time between the starts of two attempts. */
	intervalMs: asMilliseconds,
	/** The time for an answer. */
	timeoutMs: asMilliseconds,
	/** The number of failures in a row that count as one. After that many, `ready` has failed for good. */
	retries: asCount,
});

const asLog = anyKeys({
	/** The size of one file. A full one is rotated. */
	maxBytes: asCount,
	/** The number of files: the one that is written to and the older ones. */
	maxFiles: asCount,
	/** The receiver of the lines in addition to the files. */
	driver: oneOf('console', 'tcp', 'syslog'),
	/** HOST:PORT of the receiver; for syslog also `udp://HOST:PORT`. */
	address: asString,
});

/**
 * Checks the content of `supervision.json`. Throws `ShapeError`.
 *
 * @param place - the file's path, for errors
 */
export const parseSupervision = anyKeys({
	/** The services that are ready before this one starts. Only for services. */
	after: asStrings,
	restart: asRestart,
	ready: asProbe,
	/** Runs once the service is ready. Its failure is a failure of the service. */
	health: asProbe,
	stop: asStop,
	log: asLog,
	/** The action after a failure. Only for onboot containers. */
	onFailure: oneOf('continue', 'reboot', 'poweroff', 'halt'),
	/** The time after which the container is killed and has failed. Only for onboot and onshutdown containers. */
	timeoutMs: asMilliseconds,
	/** The runtime. Only for onboot and onshutdown containers; default: `slipway.runtime=`, else runc. */
	engine: oneOf('runc', 'builtin'),
});

export type EngineName = 'runc' | 'builtin';
export type Supervision = ReturnType<typeof parseSupervision>;
export type RestartRules = Required<ReturnType<typeof asRestart>>;
export type StopRules = Required<ReturnType<typeof asStop>>;
export type LogRules = ReturnType<typeof asLog>;
export type Probe = ReturnType<typeof asProbe>;

/** The supervision of a service with all defaults. */
export interface ServiceRules {
	readonly after: readonly string[];
	readonly restart: RestartRules;
	readonly stop: StopRules;
	/** Is null when the service is ready as soon as it runs. */
	readonly ready: Probe | null;
	readonly health: Probe | null;
	readonly log: LogRules & Required<Pick<LogRules, 'maxBytes' | 'maxFiles'>>;
}

/**
 * The default has no last attempt: on a system without a console, nothing else would start the service.
 */
export const defaultRestartRules: RestartRules = {
	policy: 'always',
	delayMs: 200,
	maxDelayMs: 30_000,
	burst: Number.POSITIVE_INFINITY,
	burstWindowMs: 60_000,
	onBurst: 'stop',
};

const defaultStopRules: StopRules = { signal: 'SIGTERM', timeoutMs: 10_000 };
const defaultLogLimits = { maxBytes: 1024 * 1024, maxFiles: 4 } as const;

/** Adds the defaults of a service. */
export function serviceRules(supervision: Supervision): ServiceRules {
	const { after = [], restart, stop, ready = null, health = null, log } = supervision;
	return {
		after,
		restart: { ...defaultRestartRules, ...restart },
		stop: { ...defaultStopRules, ...stop },
		ready,
		health,
		log: { ...defaultLogLimits, ...log },
	};
}

function asProbeKind(value: unknown, place: string): ProbeKind {
	const { tcp, host, http, exec, file, notify } = asRecord(value, place);
	if (tcp !== undefined) {
		const port = asCount(tcp, `${place}.tcp`);
		return host === undefined ? { tcp: port } : { tcp: port, host: asString(host, `${place}.host`) };
	}
	if (http !== undefined) return { http: asString(http, `${place}.http`) };
	if (exec !== undefined) return { exec: asStrings(exec, `${place}.exec`) };
	if (file !== undefined) return { file: asString(file, `${place}.file`) };
	if (notify === true) return { notify };
	throw new ShapeError(place, 'one of tcp, http, exec, file and notify');
}

function asStrings(value: unknown, place: string): readonly string[] {
	return listOf(value, place, asString);
}
