// Owners of files inside and outside of a container's user namespace (user_namespaces(7)). Pure.

import type { IdMapping } from '../../contract/protocol.ts';

/** What the kernel shows for an owner outside of the namespace. */
const overflowId = 65534;

/** Returns the number inside the container. */
export function containerOwner(id: number, mappings: readonly IdMapping[]): number {
	if (mappings.length === 0) return id;
	const range = mappings.find(({ hostID, size }) => id >= hostID && id < hostID + size);
	return range === undefined ? overflowId : range.containerID + id - range.hostID;
}

/** Returns the number outside. One that the container does not have becomes its root: never the system's root. */
export function systemOwner(id: number, mappings: readonly IdMapping[]): number {
	if (mappings.length === 0) return id;
	const range =
		mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size) ??
		mappings.find(({ containerID }) => containerID === 0) ??
		mappings[0];
	if (range === undefined) return id;
	const isIn = id >= range.containerID && id < range.containerID + range.size;
	return range.hostID + (isIn ? id - range.containerID : 0);
}
