// What is said when a service changes: one event for whoever watches the system from outside, and for a
// failure a line that names the service, the reason, the log and its last lines.

import { lastLinesOf, type OutputPaths } from './output-files.ts';
import type { ServiceAction, ServiceState } from './service-state.ts';
import type { SupervisorContext } from './supervisor.ts';

const TAIL_LINES = 5;

export function announceService(
	log: SupervisorContext['log'],
	name: string,
	files: OutputPaths,
	before: ServiceState,
	state: ServiceState,
	actions: readonly ServiceAction[],
): void {
	const { phase, pid, restarts, reason } = state;
	if (phase === 'backoff' || phase === 'failed') {
		const retry = actions.find((action) => action.action === 'schedule-retry');
		const next = retry === undefined ? 'it is not tried again' : `it is started again in ${retry.delayMs} ms`;
		// Before it has run, the log holds nothing of this attempt.
		const lines = before.phase === 'running' ? lastLinesOf(files.stderr, TAIL_LINES) : [];
		const tail = lines.map((line) => `\n    ${line}`).join('');
		log.error(
			{ service: name, lastLines: lines },
			`service ${name} ${reason ?? phase}; ${next}; its log is ${files.stderr}${tail}`,
		);
	}
	log.event(
		{
			event: 'service',
			name,
			state: phase,
			restarts,
			...(pid === null ? {} : { pid }),
			...(reason === null ? {} : { reason }),
		},
		`${phase}${pid === null ? '' : `, pid ${pid}`}`,
	);
}
