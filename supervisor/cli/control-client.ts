// The client of the control socket for a process of its own: one connection that sends one request after another.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { GuestEventLine } from '../contract/events.ts';
import { type Answer, protocolVersion, type Request } from '../contract/protocol.ts';
import { withTimeout } from '../process/timeout.ts';
import { type ControlClient, RequestError } from './control-requests.ts';

/** Long enough for an emulated processor under load. */
const greetingTimeoutMs = 15_000;

/** Throws `RequestError` with `forbidden` or `unreachable`. */
export async function openControlClient(
	path: string,
	greetingMs = greetingTimeoutMs,
): Promise<ControlClient> {
	const socket = connect(path);
	const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
	const failed = new Promise<never>((_, reject) => {
		socket.on('error', (cause: NodeJS.ErrnoException) => reject(unreachable(path, cause)));
	});
	failed.catch(() => undefined);
	let lastId = 0;

	async function next(): Promise<Answer> {
		// readline may report the socket's error before the socket itself does.
		const { value, done } = await Promise.race([lines.next(), failed]).catch((cause) => {
			throw cause instanceof RequestError ? cause : unreachable(path, cause as NodeJS.ErrnoException);
		});
		if (done === true) throw new RequestError('unreachable', 'PID 1 has closed the connection.');
		return JSON.parse(value) as Answer;
	}

	const greeting = await withTimeout(next(), greetingMs, () => noAnswer(greetingMs)).catch((error) => {
		socket.destroy();
		throw error;
	});
	if (!('slipway' in greeting) || greeting.slipway !== protocolVersion) {
		throw new RequestError('unreachable', `PID 1 speaks another version than ${protocolVersion}.`);
	}
	return {
		async request<T>(request: Request, onEvent?: (event: GuestEventLine) => void): Promise<T> {
			lastId += 1;
			const id = lastId;
			socket.write(`${JSON.stringify({ id, ...request })}\n`);
			for (;;) {
				const answer = await next();
				if ('slipway' in answer || answer.id !== id) continue;
				if ('event' in answer) onEvent?.(answer.event);
				else if ('error' in answer) throw new RequestError(answer.error.code, answer.error.message);
				// The answer has the protocol's shape, because PID 1 and `service` are one executable.
				else return answer.result as T;
			}
		},
		close: () => void socket.destroy(),
	};
}

/** The kernel accepts connections even when PID 1 hangs. */
function noAnswer(timeoutMs: number): RequestError {
	const message = `PID 1 has given no answer in ${timeoutMs / 1000} s: it is very busy, or hangs.`;
	return new RequestError('unreachable', message);
}

function unreachable(path: string, cause: NodeJS.ErrnoException): RequestError {
	if (cause.code === 'EACCES' || cause.code === 'EPERM')
		return new RequestError('forbidden', 'Only root may send requests to PID 1.', { cause });
	const why =
		cause.code === 'ENOENT'
			? 'there is no such socket; is this the machine itself, or a container with its /run?'
			: cause.code === 'ECONNREFUSED'
				? 'nobody listens; PID 1 has not opened it yet, or has crashed and restarts'
				: cause.message;
	return new RequestError('unreachable', `PID 1 is not reachable through ${path}: ${why}.`, { cause });
}
