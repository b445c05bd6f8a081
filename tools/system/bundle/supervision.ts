// `supervision.json` of a container: what the YAML says about its supervision, in the guest's units.

import type {
	LogRules,
	Probe,
	ProbeKind,
	RestartRules,
	StopRules,
	Supervision,
} from '../../../supervisor/contract/supervision.ts';
import { parseBurst, parseDurationMs, parseSizeBytes } from '../../config/durations.ts';
import type {
	LogConfig,
	OneShotConfig,
	ProbeConfig,
	RestartConfig,
	ServiceConfig,
	StopConfig,
} from '../../config/system-config.ts';

/** Where a service says nothing: asked often while it starts, and seldom later. */
const usual = {
	ready: { intervalMs: 500, timeoutMs: 2_000, retries: 180 },
	health: { intervalMs: 10_000, timeoutMs: 2_000, retries: 3 },
} as const;

/** Null where the YAML says nothing: then there is no file, as in LinuxKit's bundles. */
export function supervisionOf(container: ServiceConfig | OneShotConfig): Supervision | null {
	const supervision = compact<Supervision>(
		'onFailure' in container || 'timeout' in container
			? { onFailure: container.onFailure, timeoutMs: durationMs(container.timeout) }
			: serviceSupervision(container as ServiceConfig),
	);
	return Object.keys(supervision).length === 0 ? null : supervision;
}

function serviceSupervision({ after, restart, ready, health, stop, log }: ServiceConfig) {
	return {
		after: after?.length === 0 ? undefined : after,
		restart: restart === undefined ? undefined : restartRules(restart),
		ready: ready === undefined ? undefined : probeOf(ready, usual.ready),
		health: health === undefined ? undefined : probeOf(health, usual.health),
		stop: stop === undefined ? undefined : stopRules(stop),
		log: log === undefined ? undefined : logRules(log),
	};
}

function restartRules({ policy, delay, maxDelay, burst, onBurst }: RestartConfig): Partial<RestartRules> {
	return compact<Partial<RestartRules>>({
		policy,
		delayMs: durationMs(delay),
		maxDelayMs: durationMs(maxDelay),
		...(burst === undefined ? {} : parseBurst(burst)),
		onBurst,
	});
}

function stopRules({ signal, timeout }: StopConfig): Partial<StopRules> {
	return compact<Partial<StopRules>>({ signal, timeoutMs: durationMs(timeout) });
}

function logRules({ driver, address, maxSize, maxFiles }: LogConfig): LogRules {
	const maxBytes = maxSize === undefined ? undefined : (parseSizeBytes(maxSize) ?? undefined);
	return compact<LogRules>({ maxBytes, maxFiles, driver, address });
}

function probeOf(probe: ProbeConfig, defaults: Omit<Probe, 'how'>): Probe {
	const { interval, timeout, retries } = probe;
	return {
		how: kindOf(probe),
		intervalMs: durationMs(interval) ?? defaults.intervalMs,
		timeoutMs: durationMs(timeout) ?? defaults.timeoutMs,
		retries: retries ?? defaults.retries,
	};
}

/** The schema has seen to it that there is one. */
function kindOf({ tcp, host, http, exec, file }: ProbeConfig): ProbeKind {
	if (tcp !== undefined) return host === undefined ? { tcp } : { tcp, host };
	if (http !== undefined) return { http };
	if (exec !== undefined) return { exec };
	if (file !== undefined) return { file };
	return { notify: true };
}

function durationMs(text: string | undefined): number | undefined {
	return text === undefined ? undefined : (parseDurationMs(text) ?? undefined);
}

function compact<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
	return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
