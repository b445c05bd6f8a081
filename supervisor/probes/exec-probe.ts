// The probe `exec`: asks whether a program in the container exits with 0.
//
// containerd's Exec starts the program. It gives the program the capabilities, the seccomp filter and the other limits of the
// container and no more. If PID 1 entered the namespaces itself, a container that replaces its program would get PID 1's rights.

import { closeSync, constants, openSync, rmSync } from 'node:fs';
import type { Native } from '../../native/native.ts';
import { printable } from '../../native/text/printable.ts';
import { isGrpcError } from '../containerd/grpc-error.ts';
import { describeStatus, type ServiceContainer } from '../containerd/service-container.ts';
import type { JsonRecord } from '../contract/json-shape.ts';
import { makeFifo } from '../process/make-fifo.ts';
import { NotAskedError } from '../process/process-file.ts';
import type { Ask } from './probe-schedule.ts';

/** runc's own reason, between the texts that containerd and the shim add. */
const runcRefusal = /unable to start container process: (?<reason>.*?)(?:: unknown)?$/s;
const maxReasonLength = 300;
const maxLineLength = 200;
const blockBytes = 64 * 1024;
/** A pipe's capacity, and what the shim may add during the last reads. */
const lastBlocks = 4;
const keptBytes = 4096;

/** The output of a probe's program. It is read at once, so that the program never waits; only its end is kept. */
interface ProbeOutput {
	/** The path of a FIFO. */
	readonly path: string;
	/** Returns the last line that is not blank, at most 200 characters of it; empty when there is none. */
	lastLine(): string;
	close(): void;
}

/** Returns null when the output is not kept. */
type OpenProbeOutput = () => ProbeOutput | null;

/** `process` is the one of the container's runtime-spec. */
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
			const line = output?.lastLine() ?? '';
			return `${describeStatus(status)}${line === '' ? '' : `: ${line}`}`;
		} catch (error) {
			const reason = isGrpcError(error, 'UNKNOWN')
				? runcRefusal.exec(error.details)?.groups?.['reason']
				: null;
			// containerd is not reachable, or the container is ending; others report that.
			if (typeof reason !== 'string') throw new NotAskedError('containerd could not start it', error);
			return reason.slice(0, maxReasonLength);
		} finally {
			output?.close();
		}
	};
}

/** Returns null when the FIFO can't be made; the probe asks without it. */
export function openProbeOutput(native: Native, path: string): ProbeOutput | null {
	let fd: number;
	try {
		// The shim of an earlier run may still have its FIFO open.
		rmSync(path, { force: true });
		makeFifo(native, path);
		// Open for writing too, so that there is no end of file before the program has begun (fifo(7)).
		fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
	} catch {
		return null;
	}
	let kept = Buffer.alloc(0);
	const read = (): boolean => {
		const bytes = native.readAvailable(fd, blockBytes);
		if (bytes === null) return false;
		kept = Buffer.concat([kept, bytes]).subarray(-keptBytes);
		return true;
	};
	const stopWatch = native.watchReadable(fd, read);
	return {
		path,
		lastLine() {
			for (let block = 0; block < lastBlocks && read(); block++);
			return lastLineOf(kept.toString('utf8'));
		},
		close() {
			stopWatch();
			closeSync(fd);
			rmSync(path, { force: true });
		},
	};
}

function lastLineOf(text: string): string {
	const lines = text.split(/[\r\n]+/).map((line) => printable(line).trim());
	const line = lines.findLast((each) => each !== '') ?? '';
	return line.length > maxLineLength ? `${line.slice(0, maxLineLength - 1)}…` : line;
}
