// The order of services: a service starts when those that it comes after are ready, and ends when those that come after it
// have ended. Pure, except for the work that the caller passes in.

import { phases } from '../contract/phases.ts';
import type { ServiceRules } from '../contract/supervision.ts';
import { isReady, type ServiceState } from './service-state.ts';

export interface Ordered {
	readonly name: string;
	readonly rules: Pick<ServiceRules, 'after' | 'ready' | 'stop'>;
	state(): ServiceState;
}

/**
 * Returns what a service waits for, in words, or null. It ignores a name that no service has: the build refuses such a name,
 * and a bundle of another tool must not wait forever.
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

/** Runs `stop` for each service, the last of a chain first, and concurrently for services that are not ordered. */
export async function inStopOrder<T extends Ordered>(
	services: readonly T[],
	stop: (service: T) => Promise<void>,
): Promise<void> {
	const stops = new Map<string, Promise<void>>();
	const stopped = (service: T, path: readonly string[]): Promise<void> => {
		const known = stops.get(service.name);
		if (known !== undefined) return known;
		const way = [...path, service.name];
		// A circle, which the build refuses, would wait for itself.
		const later = dependents(service, services).filter(({ name }) => !way.includes(name));
		const promise = Promise.all(later.map((each) => stopped(each, way))).then(() => stop(service));
		stops.set(service.name, promise);
		return promise;
	};
	await Promise.all(services.map((service) => stopped(service, [])));
}

/** Returns the time of the slowest chain, in which each service takes its own timeout and `marginMs`. */
export function stopTimeoutMs(services: readonly Ordered[], marginMs: number): number {
	const timeoutOf = (service: Ordered, path: readonly string[]): number => {
		const way = [...path, service.name];
		const later = dependents(service, services).filter(({ name }) => !way.includes(name));
		return (
			service.rules.stop.timeoutMs + marginMs + Math.max(0, ...later.map((each) => timeoutOf(each, way)))
		);
	};
	return Math.max(0, ...services.map((service) => timeoutOf(service, [])));
}

function dependents<T extends Ordered>({ name }: Ordered, services: readonly T[]): readonly T[] {
	return services.filter((each) => each.rules.after.includes(name));
}
