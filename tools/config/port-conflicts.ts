// Checks the `ports` of all services together: who may have them, and that no two publish the same.

import type { PublishedPort } from '../../supervisor/contract/container-network.ts';
import { internalNames, networksOf } from './networks.ts';
import { parsePort } from './ports.ts';
import type { Position } from './position.ts';
import type { NetworkConfig, ServiceConfig } from './system-config.ts';
import type { ValuePath } from './value-position.ts';

export interface PortsProblem {
	readonly service: ServiceConfig;
	/** The way from the service to the value. */
	readonly path: ValuePath;
	readonly message: string;
}

/**
 * Yields ports of services without a network of their own or with internal ones alone, and ports that two services, or one twice, publish.
 *
 * @param positionOf - returns where a value of a service stands
 */
export function* portProblems(
	services: readonly ServiceConfig[],
	networks: readonly NetworkConfig[],
	positionOf: (service: ServiceConfig, path: ValuePath) => Position,
): Generator<PortsProblem> {
	const internal = internalNames(networks);
	const taken: {
		readonly owner: ServiceConfig;
		readonly path: ValuePath;
		readonly text: string;
		readonly port: PublishedPort;
	}[] = [];
	for (const service of services) {
		const ports = service.ports ?? [];
		const own = networksOf(service);
		if (ports.length > 0 && own.length > 0 && own.every((name) => internal.includes(name))) {
			const message = `${service.name}: ports: all its networks are internal, so nobody outside reaches it. Add one that is not to "networks".`;
			yield { service, path: ['ports'], message };
			continue;
		}
		if (ports.length > 0 && own.length === 0) {
			const message =
				`${service.name}: ports: the service listens in the system's own network, to which "slipway run --publish ` +
				`${ports.find((text) => parsePort(text) !== null) ?? '8080:80'}" forwards a port. Write "net: bridge" for a network of its own, whose ports are published.`;
			yield { service, path: ['ports'], message };
			continue;
		}
		for (const [index, text] of ports.entries()) {
			const port = parsePort(text);
			if (port === null) continue;
			const path = ['ports', index];
			const other = taken.find((each) => isSame(each.port, port));
			if (other !== undefined) {
				const owner = other.owner === service ? 'the service itself' : `the service ${other.owner.name}`;
				const at = positionOf(other.owner, other.path);
				const place = at.file === service.at.file ? `in line ${at.line}` : `in ${at.file}:${at.line}`;
				const message = `${service.name}: ports: "${text}" is published already, by "${other.text}" of ${owner} ${place}.`;
				yield { service, path, message };
			}
			taken.push({ owner: service, path, text, port });
		}
	}
}

function isSame(a: PublishedPort, b: PublishedPort): boolean {
	const overlap = a.address === null || b.address === null || a.address === b.address;
	return overlap && a.port === b.port && a.protocol === b.protocol;
}
