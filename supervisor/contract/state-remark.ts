// A remark stands beside the state of a service in every list. Pure, and without Node: the dashboard's page uses it too.

import type { ServicePhase } from './phases.ts';

/** `running` is the final state of a service without a readiness probe, and a passing one of a service that has one. */
export function stateRemark(service: {
	readonly state: ServicePhase;
	readonly ready: boolean;
	readonly reason: string | null;
}): string {
	return service.reason ?? (service.state === 'running' && !service.ready ? 'not ready yet' : '');
}
