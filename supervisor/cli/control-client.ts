// The other end of the control socket: one connection, requests one after another.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { GuestEventLine } from '../contract/events.ts';
import { type Answer, type ErrorCode, protocolVersion, type Request } from '../contract/protocol.ts';
import { withTimeout } from '../process/timeout.ts';

/** Ample for an emulated processor under load. */
const greetingTimeoutMs = 15_000;

/** `forbidden`: the socket is root's; `unreachable`: PID 1 does not answer. */
type ClientErrorCode = ErrorCode | 'forbidden' | 'unreachable';

export class RequestError extends Error {
	readonly code: ClientErrorCode;

	constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'RequestError';
		this.code = code;
	}
}

export interface ControlClient {
	/** Throws `RequestError`. */
	request<T>(request: Request, onEvent?: (event: GuestEventLine) => void): Promise<T>;
	close(): void;
}

/** Throws `RequestError` with `unreachable` where PID 1 does not answer. */
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
		// readline may pass the socket's error on before the socket itself has told it.
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
				// What PID 1 answers is of the protocol's shape: both are one program.
				else return answer.result as T;
			}
		},
		close: () => void socket.destroy(),
	};
}

/** What has happened since the boot. */
export async function events(client: ControlClient): Promise<readonly GuestEventLine[]> {
	const past: GuestEventLine[] = [];
	await client.request({ command: 'events', follow: false }, (event) => past.push(event));
	return past;
}

/** The kernel accepts connections for a PID 1 that hangs, too. */
function noAnswer(timeoutMs: number): RequestError {
	const what = `PID 1 has given no answer in ${timeoutMs / 1000} s: it is very busy, or hangs.`;
	return new RequestError('unreachable', what);
}

function unreachable(path: string, cause: NodeJS.ErrnoException): RequestError {
	if (cause.code === 'EACCES' || cause.code === 'EPERM')
		return new RequestError('forbidden', 'Only root may ask PID 1; are you?', { cause });
	const why =
		cause.code === 'ENOENT'
			? 'there is no such socket; is this the machine itself, or a container with its /run?'
			: cause.code === 'ECONNREFUSED'
				? 'nobody listens; PID 1 has not come so far, or has crashed and will be back'
				: cause.message;
	return new RequestError('unreachable', `PID 1 can't be asked through ${path}: ${why}.`, { cause });
}
