// Names as users: a container's name stands for a number of its own, from 100 up in the order of the file, so that
// files can belong to it (LinuxKit's moby/build.go).

import type { Id, SystemConfig } from './system-config.ts';

const firstId = 100;

export function containerIds(
	config: Pick<SystemConfig, 'onboot' | 'onshutdown' | 'services'>,
): Map<string, number> {
	const containers = [...config.onboot, ...config.onshutdown, ...config.services];
	return new Map(containers.map((container, index) => [container.name, firstId + index]));
}

/** The configuration has been checked: a name that is not there can't come. */
export function resolveId(id: Id | undefined, ids: ReadonlyMap<string, number>): number {
	if (id === undefined || id === '' || id === 'root') return 0;
	return ids.get(String(id)) ?? Number(id);
}
