// How a command sends requests to PID 1, whether through the socket (control-client.ts) or inside of PID 1
// (resident-client.ts).

import type { GuestEventLine } from '../contract/events.ts';
import type { ErrorCode, Request } from '../contract/protocol.ts';

/** `forbidden`: only root may open the socket. `unreachable`: PID 1 does not answer. */
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

/** Returns the events since the boot. */
export async function events(client: ControlClient): Promise<readonly GuestEventLine[]> {
	const past: GuestEventLine[] = [];
	await client.request({ command: 'events', follow: false }, (event) => past.push(event));
	return past;
}
