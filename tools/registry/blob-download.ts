// Downloads a blob by the OCI distribution-spec v1.1, "Pull", and resumes it where the connection is cut or too slow.

import type { IncomingMessage } from 'node:http';
import type { Descriptor } from '../../supervisor/image/descriptor.ts';
import { SlipwayError } from '../errors.ts';
import type { Endpoint } from './endpoint.ts';
import { connectionError } from './http-client.ts';
import type { RegistrySession, SessionOptions, SessionRequest } from './registry-session.ts';
import { TransientError } from './retry.ts';

/** Fewer bytes than these do not count as progress between two failures. */
const minProgressBytes = 1024;
/** A blob that comes more slowly, over a whole idle timeout, counts as cut. */
const minBlobBytesPerSecond = 1024;

class TrickleError extends TransientError {}

/** Yields the bytes, each once. Ends after the blob's size, or soon after more bytes. The store checks them. */
export async function* downloadBlob(
	{ digest, size }: Descriptor,
	{ host, repository }: Endpoint,
	{ urlOf, once, pauseAfter }: RegistrySession,
	options: Pick<SessionOptions, 'http' | 'signal'>,
): AsyncGenerator<Uint8Array, void> {
	const what = `the blob ${digest} of ${repository}`;
	const url = urlOf(`blobs/${digest}`);
	let received = 0;
	for (let failures = 1; ; failures += 1) {
		const [receivedBefore, failuresBefore] = [received, failures];
		let stopWatching = (): void => undefined;
		try {
			const range = received === 0 ? {} : { range: `bytes=${received}-` };
			// Bytes that a proxy compresses could not be resumed.
			const headers = { ...range, 'accept-encoding': 'identity' };
			const request: SessionRequest = { method: 'GET', headers, isLong: true };
			const response = await once(url, request, [200, 206, 416], what);
			if (response.statusCode === 416) {
				// Nothing follows the received bytes: the blob is too short, and the store's check will fail.
				response.resume();
				return;
			}
			let known = received - startOf(response);
			if (known < 0) {
				response.destroy();
				throw new SlipwayError('REGISTRY_FAILED', `${host} sent another range of ${what} than asked for.`);
			}
			/** The reader of these bytes may be the slow one. */
			let isTaken = true;
			/** With what was known already. */
			let arrived = 0;
			stopWatching = watchRate(response, options.http.idleTimeoutMs, () =>
				isTaken ? arrived : Number.POSITIVE_INFINITY,
			);
			for await (const chunk of response as AsyncIterable<Buffer>) {
				options.signal.throwIfAborted();
				arrived += chunk.length;
				const fresh = chunk.subarray(Math.min(known, chunk.length));
				known -= chunk.length - fresh.length;
				if (fresh.length === 0) continue;
				received += fresh.length;
				if (received - receivedBefore >= minProgressBytes) failures = 0;
				isTaken = false;
				yield fresh;
				isTaken = true;
				if (received > size) return;
			}
			if (received >= size) return;
			throw new TransientError(`it sent only ${received} of ${size} bytes`);
		} catch (error) {
			stopWatching();
			// A trickle is no progress, however long it lasts.
			failures = error instanceof TrickleError ? failuresBefore : Math.max(failures, 1);
			await pauseAfter(connectionError(error, host), failures, what);
		} finally {
			stopWatching();
		}
	}
}

/** Ends a body that trickles, because each byte renews the idle timeout. Returns a function that stops the check. */
function watchRate(response: IncomingMessage, idleTimeoutMs: number, arrived: () => number): () => void {
	const minBytes = (idleTimeoutMs / 1000) * minBlobBytesPerSecond;
	let before = arrived();
	const timer = setInterval(() => {
		const now = arrived();
		if (now - before < minBytes)
			response.destroy(new TrickleError(`it sent less than ${minBlobBytesPerSecond} bytes a second`));
		before = Number.isFinite(now) ? now : 0;
	}, idleTimeoutMs);
	return () => clearInterval(timer);
}

/** Returns the offset of the body in the blob. A registry may ignore the range and send the whole blob with status 200. */
function startOf(response: IncomingMessage): number {
	if (response.statusCode !== 206) return 0;
	const match = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
	return match?.[1] === undefined ? Number.POSITIVE_INFINITY : Number(match[1]);
}
