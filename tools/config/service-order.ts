// The order of services by their `after`: names that there are, and no way round in a circle.

import { nearestName } from '../../native/text/nearest-name.ts';
import type { ServiceConfig } from './system-config.ts';

/** What is wrong, each with the service where it stands. */
export function orderProblems(
	services: readonly ServiceConfig[],
): readonly { readonly service: ServiceConfig; readonly message: string }[] {
	const byName = new Map(services.map((service) => [service.name, service]));
	const problems = services.flatMap((service) =>
		(service.after ?? [])
			.filter((name) => !byName.has(name))
			.map((name) => {
				const near = nearestName(name, [...byName.keys()]);
				const hint = near === null ? 'Only services can be named there.' : `Did you mean "${near}"?`;
				return { service, message: `${service.name}: after: there is no service "${name}". ${hint}` };
			}),
	);
	const cycle = firstCycle(byName);
	const [first] = cycle;
	const service = first === undefined ? undefined : byName.get(first);
	if (service === undefined) return problems;
	const circle = cycle.join(' -> ');
	return [...problems, { service, message: `after: ${circle}: each waits for the next, so none can start.` }];
}

/** Names from one on to the same again; empty where there is no cycle. */
function firstCycle(byName: ReadonlyMap<string, ServiceConfig>): readonly string[] {
	const finished = new Set<string>();

	function visit(name: string, path: readonly string[]): readonly string[] {
		const start = path.indexOf(name);
		if (start !== -1) return [...path.slice(start), name];
		if (finished.has(name)) return [];
		for (const next of byName.get(name)?.after ?? []) {
			const cycle = visit(next, [...path, name]);
			if (cycle.length > 0) return cycle;
		}
		finished.add(name);
		return [];
	}

	for (const name of byName.keys()) {
		const cycle = visit(name, []);
		if (cycle.length > 0) return cycle;
	}
	return [];
}
