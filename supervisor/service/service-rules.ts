// What a service's supervision comes to: the bundle's words over the guest's own.

import type { LogRules, Probe, RestartRules, StopRules, Supervision } from '../contract/supervision.ts';
import { RESTART_RULES } from '../process/restart-policy.ts';

export interface ServiceRules {
	readonly after: readonly string[];
	readonly restart: RestartRules;
	readonly stop: StopRules;
	/** Null: it is ready when it runs. */
	readonly ready: Probe | null;
	readonly health: Probe | null;
	readonly log: LogRules;
}

const STOP_RULES: StopRules = { signal: 'SIGTERM', timeoutMs: 10_000 };

export function serviceRules(supervision: Supervision): ServiceRules {
	const { after = [], restart, stop, ready = null, health = null, log = {} } = supervision;
	return {
		after,
		restart: { ...RESTART_RULES, ...restart },
		stop: { ...STOP_RULES, ...stop },
		ready,
		health,
		log,
	};
}
