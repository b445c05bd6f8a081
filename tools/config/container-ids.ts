// Users and groups by the name of a container. Each container has a number, from 100 up in the order of the file, so that
// files can belong to it (LinuxKit's moby/build.go).

import { nearestName } from '../../native/text/nearest-name.ts';
import { SlipwayError } from '../errors.ts';
import type { Id, SystemConfig } from './system-config.ts';

const firstId = 100;

export function containerIds(
	config: Pick<SystemConfig, 'onboot' | 'onshutdown' | 'services'>,
): Map<string, number> {
	const containers = [...config.onboot, ...config.onshutdown, ...config.services];
	return new Map(containers.map((container, index) => [container.name, firstId + index]));
}

/** Returns a sentence about a user or group that does not exist, else null. Digits in quotes are a name, as in LinuxKit. */
export function idProblem(id: Id | undefined, ids: ReadonlyMap<string, number>): string | null {
	if (typeof id !== 'string' || id === '' || id === 'root' || ids.has(id)) return null;
	if (/^\d+$/.test(id))
		return `"${id}" in quotes is the name of a container, and there is none. Leave out the quotes.`;
	const near = nearestName(id, ['root', ...ids.keys()]);
	const hint =
		near === null ? ' The users of an image are known by their numbers only.' : ` Did you mean "${near}"?`;
	return `"${id}" is neither a number nor the name of a container.${hint}`;
}

export function resolveId(id: Id | undefined, ids: ReadonlyMap<string, number>): number {
	const problem = idProblem(id, ids);
	if (problem !== null) throw new SlipwayError('BAD_CONFIG', problem);
	return typeof id === 'string' ? (ids.get(id) ?? 0) : (id ?? 0);
}
