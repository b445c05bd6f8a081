// The namespaces of services that a container of `service run` joins.

import { closeSync, constants, fstatSync, statSync } from 'node:fs';
import type { ServiceProcess } from '../../contract/protocol.ts';
import type { Namespace } from '../../contract/runtime-spec.ts';
import { openProcessFile } from '../../process/process-file.ts';

export interface JoinedNamespaces {
	/** Returns the namespace of a service's process; null when it has the system's. */
	join(type: 'network' | 'pid', service: ServiceProcess): Namespace | null;
	/** Idempotent. */
	close(): void;
}

const files = { network: 'net', pid: 'pid' } as const;

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
		close() {
			for (const fd of opened.splice(0)) closeSync(fd);
		},
	};
}
