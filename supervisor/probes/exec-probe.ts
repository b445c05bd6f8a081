// Does a program in the container exit 0?
//
// By containerd's Exec and not by entering the namespaces ourselves: that program must have the capabilities, the
// seccomp filter and the rest of what runc gives the container and no more, or a container that changes its own
// program would get the rights of PID 1.

import { isGrpcError } from '../containerd/grpc-error.ts';
import type { JsonRecord } from '../json-shape.ts';
import { describeStatus, type ServiceContainer } from '../service-container.ts';
import { type Ask, NotAskedError } from './question.ts';

const REASON_MAX_LENGTH = 300;

/** `process` is that of the container's runtime-spec. */
export function askExec(
	container: Pick<ServiceContainer, 'run'>,
	execId: string,
	process: JsonRecord,
	args: readonly string[],
): Ask {
	return async (signal, onBegun) => {
		try {
			const status = await container.run(execId, { ...process, args, terminal: false }, signal, onBegun);
			return status === 0 ? null : describeStatus(status);
		} catch (error) {
			if (!isGrpcError(error, 'UNKNOWN')) throw new NotAskedError('containerd does not answer', error);
			// runc's own words, after those of all who passed them on.
			const words = error.details.slice(error.details.lastIndexOf('exec failed: ')).trim();
			return words.slice(0, REASON_MAX_LENGTH);
		}
	};
}
