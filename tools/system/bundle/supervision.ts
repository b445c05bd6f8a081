// `supervision.json` of a container: the supervision keys of its YAML, and stop signal and health check of the image, in the
// guest's names and units.

import {
	type LogRules,
	type Probe,
	type ProbeKind,
	type RestartRules,
	type StopRules,
	type Supervision,
	serviceRules,
} from '../../../supervisor/contract/supervision.ts';
import type { HealthcheckJson, ImageDefaultsJson } from '../../../supervisor/image/image-config.ts';
import type { ProbeDefaults } from '../../config/probe-schema.ts';
import { probeDefaults } from '../../config/supervision-schema.ts';
import type {
	LogConfig,
	OneShotConfig,
	ProbeConfig,
	RestartConfig,
	ServiceConfig,
	StopConfig,
} from '../../config/system-config.ts';
import { imageHealth } from './image-health.ts';
import { parseStopSignal } from './stop-signal.ts';

const defaultSignal = serviceRules({}).stop.signal;

/**
 * Returns null when there is nothing to say: then there is no file, as in LinuxKit's bundles.
 *
 * @param image - the image's defaults, for a service whose YAML has no `stop.signal` or no `health`
 */
export function supervisionOf(
	container: ServiceConfig | OneShotConfig,
	image: ImageDefaultsJson = {},
): Supervision | null {
	const supervision = compact<Supervision>(
		'onFailure' in container || 'timeout' in container || 'engine' in container
			? { onFailure: container.onFailure, timeoutMs: container.timeout?.value, engine: container.engine }
			: serviceSupervision(withImageSignal(container as ServiceConfig, image.StopSignal), image.Healthcheck),
	);
	return Object.keys(supervision).length === 0 ? null : supervision;
}

/** Without the YAML's word and with the guest's own default, nothing is written. */
function withImageSignal(service: ServiceConfig, stopSignal: string | undefined): ServiceConfig {
	const signal = parseStopSignal(stopSignal);
	if (signal === null || signal === defaultSignal || service.stop?.signal !== undefined) return service;
	return { ...service, stop: { ...service.stop, signal } };
}

function serviceSupervision(
	{ after, restart, ready, health, stop, log }: ServiceConfig,
	healthcheck: HealthcheckJson | undefined,
) {
	return {
		after: after?.length === 0 ? undefined : after,
		restart: restart === undefined ? undefined : restartRules(restart),
		ready: ready === undefined ? undefined : probeOf(ready, probeDefaults.ready),
		health: healthOf(health, healthcheck),
		stop: stop === undefined ? undefined : stopRules(stop),
		log: log === undefined ? undefined : logRules(log),
	};
}

function healthOf(
	health: ServiceConfig['health'],
	healthcheck: HealthcheckJson | undefined,
): Probe | undefined {
	if (health === 'none') return undefined;
	if (health !== undefined) return probeOf(health, probeDefaults.health);
	const own = imageHealth(healthcheck);
	return own === 'none' || own === 'unknown' ? undefined : own;
}

function restartRules({ policy, delay, maxDelay, burst, onBurst }: RestartConfig): Partial<RestartRules> {
	return compact<Partial<RestartRules>>({
		policy,
		delayMs: delay?.value,
		maxDelayMs: maxDelay?.value,
		...burst?.value,
		onBurst,
	});
}

function stopRules({ signal, timeout }: StopConfig): Partial<StopRules> {
	return compact<Partial<StopRules>>({ signal, timeoutMs: timeout?.value });
}

function logRules({ driver, address, maxSize, maxFiles }: LogConfig): LogRules {
	return compact<LogRules>({ maxBytes: maxSize?.value, maxFiles, driver, address });
}

function probeOf(probe: ProbeConfig, defaults: ProbeDefaults): Probe {
	const { interval, timeout, retries } = probe;
	return {
		how: kindOf(probe),
		intervalMs: interval?.value ?? defaults.intervalMs,
		timeoutMs: timeout?.value ?? defaults.timeoutMs,
		retries: retries ?? defaults.retries,
	};
}

/** The schema ensures that there is exactly one kind. */
function kindOf({ tcp, host, http, exec, file }: ProbeConfig): ProbeKind {
	if (tcp !== undefined) return host === undefined ? { tcp } : { tcp, host };
	if (http !== undefined) return { http };
	if (exec !== undefined) return { exec };
	if (file !== undefined) return { file };
	return { notify: true };
}

function compact<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
	return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
