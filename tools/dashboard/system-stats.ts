// Reads what the guest's `service stats --json` prints. It comes from inside the guest and is not trusted.

import { isServicePhase } from '../../supervisor/contract/phases.ts';
import type { ServiceStats, SystemStats } from '../../supervisor/contract/protocol.ts';

/** One object a line and service. What has another shape is left out. */
export function parseSystemStats(text: string): SystemStats {
	const services = text.split('\n').flatMap((line) => {
		try {
			return line === '' ? [] : serviceOf(JSON.parse(line));
		} catch {
			return [];
		}
	});
	return { services, readySeconds: null };
}

function serviceOf(value: unknown): ServiceStats[] {
	const { name, state, ready, ...given } = (value ?? {}) as Readonly<Record<string, unknown>>;
	if (typeof name !== 'string' || !isServicePhase(state)) return [];
	return [
		{
			name,
			state,
			ready: ready === true,
			pid: numberOrNull(given['pid']),
			restarts: numberOrNull(given['restarts']) ?? 0,
			memoryBytes: numberOrNull(given['memoryBytes']),
			cpuSeconds: numberOrNull(given['cpuSeconds']),
			tasks: numberOrNull(given['tasks']),
			logLines: numberOrNull(given['logLines']) ?? 0,
		},
	];
}

function numberOrNull(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
