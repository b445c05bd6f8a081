// The words for a start of a service that failed, and which failures say nothing about the container.

import { errorMessage } from '../../native/text/error-message.ts';
import { ContainerdError } from '../containerd/containerd-process.ts';
import { isGrpcError } from '../containerd/grpc-error.ts';
import { bundlePath } from '../contract/layout.ts';
import { NetworkError } from '../network/container-network.ts';
import { runtimeFailure } from '../process/runtime-failure.ts';

/** The connection to containerd is lost. The start may succeed all the same, which the next attempt finds out. */
export function isCutOff(error: unknown): boolean {
	return error instanceof ContainerdError || isGrpcError(error, 'UNAVAILABLE');
}

/**
 * Returns the reason of the failed start.
 *
 * @param program - undefined when the bundle could not be read so far
 * @param folder - the bundle's
 */
export function startFailure(error: unknown, program: string | undefined, folder: string): string {
	const cause = isGrpcError(error, 'UNKNOWN') ? runtimeFailure(error.details) : errorMessage(error);
	return `could not be started: ${cause}${program === undefined ? '' : programWords(error, cause, program, folder)}`;
}

function programWords(error: unknown, cause: string, program: string, folder: string): string {
	// The program is not to blame, and may run by now.
	if (isCutOff(error)) return `; containerd was to run ${program}`;
	if (error instanceof NetworkError) return '';
	// The runtimes say much that is not about the program.
	if (isGrpcError(error, 'UNKNOWN') && !cause.includes(program)) return '';
	return `; its program is ${program} in ${bundlePath(folder, 'rootfs')}`;
}
