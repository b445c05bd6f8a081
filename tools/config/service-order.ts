// Checks the order of services by their `after`: every name exists, and no service waits for itself.

import { nearestName } from '../../native/text/nearest-name.ts';
import type { ServiceConfig } from './system-config.ts';
import type { ValuePath } from './value-position.ts';

export interface OrderProblem {
	readonly service: ServiceConfig;
	/** The way from the service to the name in its `after`. */
	readonly path: ValuePath;
	readonly message: string;
}

/** Yields the problems, each with the service that has it. Checks lazily. */
export function* orderProblems(services: readonly ServiceConfig[]): Generator<OrderProblem> {
	const byName = new Map(services.map((service) => [service.name, service]));
	const names = [...byName.keys()];
	for (const service of services) {
		for (const [index, name] of (service.after ?? []).entries()) {
			if (byName.has(name)) continue;
			const near = nearestName(name, names);
			const hint = near === null ? 'Only services can be named there.' : `Did you mean "${near}"?`;
			const message = `${service.name}: after: there is no service "${name}". ${hint}`;
			yield { service, path: ['after', index], message };
		}
	}
	const cycle = firstCycle(byName);
	const [first, second] = cycle;
	const service = first === undefined ? undefined : byName.get(first);
	if (service === undefined || second === undefined) return;
	const path = ['after', (service.after ?? []).indexOf(second)];
	const message = `after: ${cycle.join(' -> ')}: each waits for the next, so none can start.`;
	yield { service, path, message };
}

/** Returns the names of a cycle, the first one again at the end. Returns an empty list when there is none. */
function firstCycle(byName: ReadonlyMap<string, ServiceConfig>): readonly string[] {
	// A name on the path maps to its place there, a finished one to null. A chain may be too long for recursion.
	const places = new Map<string, number | null>();
	for (const first of byName.keys()) {
		if (places.has(first)) continue;
		const path: { name: string; next: Iterator<string> }[] = [];
		const enter = (name: string): void => {
			places.set(name, path.length);
			path.push({ name, next: (byName.get(name)?.after ?? []).values() });
		};
		enter(first);
		for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
			const { value: name, done } = top.next.next();
			if (done === true) {
				places.set(top.name, null);
				path.pop();
				continue;
			}
			const place = places.get(name);
			if (typeof place === 'number') return [...path.slice(place).map((each) => each.name), name];
			if (place === undefined) enter(name);
		}
	}
	return [];
}
