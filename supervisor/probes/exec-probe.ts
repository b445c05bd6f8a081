// Does a program in the container exit 0?
//
// By containerd's Exec and not by entering the namespaces ourselves: that program must have the capabilities, the
// seccomp filter and the rest of what runc gives the container and no more, or a container that changes its own
// program would get the rights of PID 1.

import { isGrpcError } from '../containerd/grpc-error.ts';
import { describeStatus, type ServiceContainer } from '../containerd/service-container.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import { NotAskedError } from '../process/process-file.ts';
import type { OpenProbeOutput } from './probe-output.ts';
import type { Ask } from './question.ts';

/** runc's own words, with those of all who passed them on around them. */
const RUNC_REFUSES = /unable to start container process: (?<reason>.*?)(?:: unknown)?$/s;
const REASON_MAX_LENGTH = 300;

/** `process` is that of the container's runtime-spec. */
export function askExec(
	container: Pick<ServiceContainer, 'run'>,
	execId: string,
	process: JsonRecord,
	args: readonly string[],
	openOutput: OpenProbeOutput,
): Ask {
	return async (signal, onBegun) => {
		const output = openOutput();
		try {
			const spec = { ...process, args, terminal: false };
			const status = await container.run(execId, spec, signal, onBegun, output?.path);
			if (status === 0) return null;
			const said = output?.lastLine() ?? '';
			return `${describeStatus(status)}${said === '' ? '' : `: ${said}`}`;
		} catch (error) {
			const reason = isGrpcError(error, 'UNKNOWN')
				? RUNC_REFUSES.exec(error.details)?.groups?.['reason']
				: null;
			// containerd is away, or the container is about to be: told elsewhere.
			if (typeof reason !== 'string') throw new NotAskedError('containerd could not start it', error);
			return reason.slice(0, REASON_MAX_LENGTH);
		} finally {
			output?.close();
		}
	};
}
