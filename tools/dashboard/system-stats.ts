// Reads what the guest's `service stats --json` prints. It comes from inside the guest and is not trusted.

import { isServicePhase } from '../../supervisor/contract/phases.ts';
import type { ServiceStats, SystemStats } from '../../supervisor/contract/protocol.ts';

/** Returns null for a text that is no such answer; services of another shape are left out. */
export function parseSystemStats(text: string): SystemStats | null {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return null;
	}
	const { services, readySeconds } = (value ?? {}) as Readonly<Record<string, unknown>>;
	if (!Array.isArray(services)) return null;
	return { services: services.flatMap(serviceOf), readySeconds: numberOrNull(readySeconds) };
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
