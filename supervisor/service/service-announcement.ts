// Announces a new phase of a service: one event for the programs that watch the system, which names the reason, the next
// step and the log after a failure; then the last lines of the log.

import { capabilityHint } from '../bundle/capability-hint.ts';
import { phases } from '../contract/phases.ts';
import { lastLogLines } from '../logs/log-reader.ts';
import { isReady, type ServiceAction, type ServiceState } from './service-state.ts';
import type { ServiceUnit } from './service-unit.ts';

const tailLines = 5;

export function announceService(
	{ name, folder, rules, logPath, context }: ServiceUnit,
	before: ServiceState,
	state: ServiceState,
	actions: readonly ServiceAction[],
): void {
	const { phase, pid, restarts, reason } = state;
	const { isFailure } = phases[phase];
	context.log.event(
		{
			event: 'service',
			name,
			state: phase,
			restarts,
			...(isReady(state, rules) ? { ready: true } : {}),
			...(pid === null ? {} : { pid }),
			...(reason === null ? {} : { reason }),
		},
		isFailure
			? `${reason ?? phase}; ${nextStep(actions)}; its log is ${logPath}`
			: `${phase}${pid === null ? '' : `, pid ${pid}`}${reason === null ? '' : `: ${reason}`}`,
	);
	// Before the container has run, the log has no lines of this attempt.
	const lines = isFailure && before.pid !== null ? lastLogLines(logPath, tailLines) : [];
	if (lines.length === 0) return;
	const tail = lines.map((line) => `\n    ${line}`).join('');
	context.log.error({ service: name, lastLines: lines }, `the last lines of ${name}:${tail}`);
	const hint = capabilityHint(folder, lines);
	if (hint !== null) context.log.error({ service: name }, hint);
}

function nextStep(actions: readonly ServiceAction[]): string {
	const power = actions.find((action) => action.action === 'power');
	if (power !== undefined) return `a ${power.power} follows`;
	const retry = actions.find((action) => action.action === 'schedule-retry');
	return retry === undefined ? 'it is not tried again' : `it is started again in ${retry.delayMs} ms`;
}
