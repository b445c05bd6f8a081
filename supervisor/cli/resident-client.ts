// Sends requests to PID 1 from inside of it. They pass the same check as those of the control socket.

import { errorMessage } from '../../native/text/error-message.ts';
import type { GuestEventLine } from '../contract/events.ts';
import type { Request } from '../contract/protocol.ts';
import { ControlError, type HandleRequest } from '../control/control-server.ts';
import { parseRequest } from '../control/parse-request.ts';
import { type ControlClient, RequestError } from './control-requests.ts';

/** @param gone - ends requests that would never end */
export function residentClient(handle: HandleRequest, gone: AbortSignal): ControlClient {
	const closed = new AbortController();
	const ended = AbortSignal.any([gone, closed.signal]);
	return {
		async request<T>(request: Request, onEvent?: (event: GuestEventLine) => void): Promise<T> {
			const parsed = parseRequest(JSON.stringify(request));
			if ('problem' in parsed) throw new RequestError('bad-request', parsed.problem);
			const broken = Promise.withResolvers<never>();
			// Nothing may be thrown into PID 1's log, which calls this.
			const sendEvent = (event: GuestEventLine): void => {
				if (ended.aborted) return;
				try {
					onEvent?.(event);
				} catch (error) {
					closed.abort();
					broken.reject(error);
				}
			};
			const result = perform(handle, parsed.request, sendEvent, ended);
			return (await Promise.race([result, broken.promise])) as T;
		},
		close: () => closed.abort(),
	};
}

async function perform(
	...[handle, ...call]: [HandleRequest, ...Parameters<HandleRequest>]
): Promise<unknown> {
	try {
		return await handle(...call);
	} catch (error) {
		const code = error instanceof ControlError ? error.code : 'failed';
		throw new RequestError(code, errorMessage(error), { cause: error });
	}
}
