// One HTTP request, by node:http and node:https: an own CA, a limit for silence, errors told apart by whether another
// try can help. No redirects, no authentication: those are above.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import { SlipwayError } from '../commands/command.ts';
import { TransientError } from './retry.ts';

/** A function gives the whole body each time it is called; the header `content-length` must tell its size. */
export type HttpBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

export interface HttpRequest {
	readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: HttpBody;
	/** Ends the request, its body too. */
	readonly signal?: AbortSignal;
}

export interface HttpClient {
	/** The response's head; whoever gets it reads its body to the end or destroys it. */
	request(url: URL, request: HttpRequest): Promise<IncomingMessage>;
	/** Ends all connections. */
	close(): void;
}

export interface HttpOptions {
	/** PEM certificates, trusted besides the usual ones. */
	readonly ca: string | null;
	/** A connection that is silent for so long counts as cut. */
	readonly idleTimeoutMs: number;
}

/** A registry that has got a large blob hashes and moves it before it answers. */
const patienceAfterBody = 10;

const transientCodes = new Set([
	'ECONNRESET',
	'ECONNABORTED',
	'EPIPE',
	'ETIMEDOUT',
	'EAI_AGAIN',
	'ERR_STREAM_PREMATURE_CLOSE',
]);

export function openHttpClient({ ca, idleTimeoutMs }: HttpOptions): HttpClient {
	const http = new HttpAgent({ keepAlive: true });
	const https = new HttpsAgent({
		keepAlive: true,
		// Made once: reading all certificates for each connection takes longer than the connection.
		...(ca === null ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates(), ca] }) }),
	});
	return {
		async request(url, { method, headers, body, signal }) {
			const isTls = url.protocol === 'https:';
			const options = {
				method,
				headers: { 'user-agent': 'slipway', ...headers },
				timeout: idleTimeoutMs,
				...(signal === undefined ? {} : { signal }),
			};
			return await new Promise((resolve, reject) => {
				const sent = isTls
					? requestHttps(url, { ...options, agent: https })
					: requestHttp(url, { ...options, agent: http });
				let timeoutMs = idleTimeoutMs;
				sent.on('timeout', () => sent.destroy(new TransientError(`nothing came for ${timeoutMs / 1000} s`)));
				sent.on('error', (error) => reject(connectionError(error, url.host)));
				sent.on('response', (response) => {
					// Who answers before the end of the body may never take the rest.
					if (!sent.writableFinished) response.on('close', () => sent.destroy());
					resolve(response);
				});
				if (typeof body !== 'function') {
					sent.end(body);
					return;
				}
				sent.on('finish', () => {
					timeoutMs = idleTimeoutMs * patienceAfterBody;
					sent.setTimeout(timeoutMs);
				});
				// What goes wrong is told by the request's own error.
				pipeline(body(), sent).catch((error: Error) => reject(connectionError(error, url.host)));
			});
		},
		close() {
			http.destroy();
			https.destroy();
		},
	};
}

/** The same for a connection that fails while a body is read. */
export function connectionError(error: unknown, host: string): Error {
	if (error instanceof TransientError || error instanceof SlipwayError) return error;
	const { code = '', message } = error as NodeJS.ErrnoException;
	if (transientCodes.has(code))
		return new TransientError(`the connection was cut (${code})`, null, { cause: error });
	// tls errors: https://nodejs.org/api/tls.html#x509-certificate-error-codes
	const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code);
	const help = isCertificate
		? 'If the registry has a CA of its own, give it with --ca FILE.'
		: code === 'EPROTO' || code.startsWith('ERR_SSL')
			? 'If it speaks plain http, reach it by --mirror REGISTRY=http://….'
			: 'Is the address right, and does the registry run?';
	return new SlipwayError('UNREACHABLE', `${host} can't be reached: ${message}. ${help}`, { cause: error });
}
