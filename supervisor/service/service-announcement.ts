// What is said when a service changes: one event for whoever watches the system from outside, which for a failure
// names the reason, what comes next and the log; and after it the log's last lines.

import type { SupervisorContext } from '../context/supervisor-context.ts';
import { phases } from '../contract/phases.ts';
import { lastLogLines } from '../logs/log-reader.ts';
import type { ServiceAction, ServiceState } from './service-state.ts';

const TAIL_LINES = 5;

export function announceService(
	log: SupervisorContext['log'],
	name: string,
	logPath: string,
	before: ServiceState,
	state: ServiceState,
	ready: boolean,
	actions: readonly ServiceAction[],
): void {
	const { phase, pid, restarts, reason } = state;
	const failed = phases[phase].isFailure;
	log.event(
		{
			event: 'service',
			name,
			state: phase,
			restarts,
			...(ready ? { ready } : {}),
			...(pid === null ? {} : { pid }),
			...(reason === null ? {} : { reason }),
		},
		failed
			? `${reason ?? phase}; ${whatComesNext(actions)}; its log is ${logPath}`
			: `${phase}${pid === null ? '' : `, pid ${pid}`}${reason === null ? '' : `: ${reason}`}`,
	);
	// Before it has run, the log holds nothing of this attempt.
	const lines = failed && before.pid !== null ? lastLogLines(logPath, TAIL_LINES) : [];
	if (lines.length === 0) return;
	const tail = lines.map((line) => `\n    ${line}`).join('');
	log.error({ service: name, lastLines: lines }, `the last lines of ${name}:${tail}`);
}

function whatComesNext(actions: readonly ServiceAction[]): string {
	const power = actions.find((action) => action.action === 'power');
	if (power !== undefined) return `a ${power.power} follows`;
	const retry = actions.find((action) => action.action === 'schedule-retry');
	return retry === undefined ? 'it is not tried again' : `it is started again in ${retry.delayMs} ms`;
}
