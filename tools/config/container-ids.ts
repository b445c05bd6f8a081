// Names as users: a container's name stands for a number of its own, from 100 up in the order of the file, so that
// files can belong to it (LinuxKit's moby/build.go).

import { SlipwayError } from '../commands/command.ts';
import type { Id, SystemConfig } from './system-config.ts';

const firstId = 100;

export function containerIds(
	config: Pick<SystemConfig, 'onboot' | 'onshutdown' | 'services'>,
): Map<string, number> {
	const containers = [...config.onboot, ...config.onshutdown, ...config.services];
	return new Map(containers.map((container, index) => [container.name, firstId + index]));
}

/** A name that no container has comes only from an image's label; the YAML has been checked. */
export function resolveId(id: Id | undefined, ids: ReadonlyMap<string, number>): number {
	if (id === undefined || id === '' || id === 'root') return 0;
	const number = ids.get(String(id)) ?? Number(id);
	if (Number.isInteger(number)) return number;
	throw new SlipwayError('BAD_ID', `The user "${id}" is neither a number nor the name of a container.`);
}
