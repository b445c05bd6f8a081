// A user of a container with a user namespace, as the rest of the system sees it (user_namespaces(7)). Pure.

import type { IdMapping } from '../../contract/protocol.ts';

/** Without mappings it is the same; one that is not mapped is root's. */
export function hostUid(uid: number, mappings: readonly IdMapping[]): number {
	if (mappings.length === 0) return uid;
	const range = mappings.find(({ containerID, size }) => uid >= containerID && uid < containerID + size);
	return range === undefined ? 0 : range.hostID + uid - range.containerID;
}
