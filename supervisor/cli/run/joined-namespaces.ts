// The namespaces of services that a container of `service run` joins.

import { closeSync, constants, fstatSync, openSync, statfsSync, statSync } from 'node:fs';
import type { ServiceProcess } from '../../contract/protocol.ts';
import type { Namespace } from '../../contract/runtime-spec.ts';
import { openProcessFile } from '../../process/process-file.ts';

export interface JoinedNamespaces {
	/** Returns the namespace of a service's process; null when it has the system's. */
	join(type: 'network' | 'pid', service: ServiceProcess): Namespace | null;
	/** Returns the network namespace that a file keeps. */
	joinFile(path: string): Namespace;
	/** Idempotent. */
	close(): void;
}

const files = { network: 'net', pid: 'pid' } as const;

/** Of nsfs, include/uapi/linux/magic.h */
const NSFS_MAGIC = 0x6e736673;

function isNamespace(path: string): boolean {
	try {
		return statfsSync(path).type === NSFS_MAGIC;
	} catch {
		return false;
	}
}

/** What is joined stays open until `close`, so that it is still that of the service which was asked for. */
export function openJoinedNamespaces(): JoinedNamespaces {
	const opened: number[] = [];
	return {
		join(type, { pid, startTicks }) {
			const fd = openProcessFile({ pid, startTicks }, `ns/${files[type]}`, constants.O_RDONLY);
			opened.push(fd);
			const [own, other] = [statSync(`/proc/self/ns/${files[type]}`), fstatSync(fd)];
			return own.ino === other.ino ? null : { type, path: `/proc/self/fd/${fd}` };
		},
		joinFile(path) {
			// The mounts of PID 1, which keep it, may not be those of `service`.
			const file = [path, `/proc/1/root${path}`].find(isNamespace);
			if (file === undefined)
				throw new Error(
					`The network namespace ${path} is not found from here: run it on the machine itself.`,
				);
			const fd = openSync(file, constants.O_RDONLY);
			opened.push(fd);
			return { type: 'network', path: `/proc/self/fd/${fd}` };
		},
		close() {
			for (const fd of opened.splice(0)) closeSync(fd);
		},
	};
}
