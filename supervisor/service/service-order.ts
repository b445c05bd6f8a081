// The order of services: one starts when those that it comes after are ready, and ends when those that come after it
// have ended. Pure, but for the work that is handed in.

import { phases } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { isReady, type ServiceState } from './service-state.ts';

export interface Ordered {
	readonly name: string;
	readonly rules: Pick<ServiceRules, 'after' | 'ready' | 'stop'>;
	state(): ServiceState;
}

/**
 * What is in the way of a service, in words; null when nothing is. A name that no service has is none to wait for: the
 * build refuses it, and a bundle from elsewhere must not wait for ever.
 */
export function blockedBy(after: readonly string[], services: readonly Ordered[]): string | null {
	const missing = services.filter(
		({ name, rules, state }) => after.includes(name) && !isReady(state(), rules),
	);
	if (missing.length === 0) return null;
	const waits = missing.map(({ name, state }) => {
		const { phase } = state();
		return phases[phase].isOnTheWay ? name : `${name}, which is ${phase}`;
	});
	return `waits for ${waits.join(' and ')}`;
}

/** Runs `stop` for each, the last of a chain first, side by side where nothing stands between. */
export async function inStopOrder<T extends Ordered>(
	services: readonly T[],
	stop: (service: T) => Promise<void>,
): Promise<void> {
	const stops = new Map<string, Promise<void>>();
	const stopped = (service: T, path: readonly string[]): Promise<void> => {
		const known = stops.get(service.name);
		if (known !== undefined) return known;
		const way = [...path, service.name];
		// A circle, which no build makes, would wait for itself.
		const later = dependents(service, services).filter(({ name }) => !way.includes(name));
		const promise = Promise.all(later.map((each) => stopped(each, way))).then(() => stop(service));
		stops.set(service.name, promise);
		return promise;
	};
	await Promise.all(services.map((service) => stopped(service, [])));
}

/** The time that the longest chain may take, where each has its own and `marginMs`. */
export function stopLimitMs(services: readonly Ordered[], marginMs: number): number {
	const limitOf = (service: Ordered, path: readonly string[]): number => {
		const way = [...path, service.name];
		const later = dependents(service, services).filter(({ name }) => !way.includes(name));
		return service.rules.stop.timeoutMs + marginMs + Math.max(0, ...later.map((each) => limitOf(each, way)));
	};
	return Math.max(0, ...services.map((service) => limitOf(service, [])));
}

function dependents<T extends Ordered>({ name }: Ordered, services: readonly T[]): readonly T[] {
	return services.filter((each) => each.rules.after.includes(name));
}
