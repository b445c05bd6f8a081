// Sends single HTTP requests by node:http and node:https: own CAs, proxies, time limits, and errors that say whether a
// retry may help. Redirects (redirects.ts) and authentication (authorizer.ts) are not handled here.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import { errorMessage } from '../../native/text/error-message.ts';
import { SlipwayError } from '../errors.ts';
import type { ProxyFor } from './proxy.ts';
import { TransientError } from './retry.ts';

/** A function returns the whole body at each call; the header `content-length` must have its size. */
export type HttpBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

export interface HttpRequest {
	readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: HttpBody;
	/** Aborts the request and its body. */
	readonly signal?: AbortSignal;
	/** The body of a successful response may take any time: the caller limits it. */
	readonly isLong?: true;
}

export interface HttpClient {
	/** Resolves with the response's head. The caller reads the body to its end or destroys it. */
	request(url: URL, request: HttpRequest): Promise<IncomingMessage>;
	readonly idleTimeoutMs: number;
	/** Closes all connections. */
	close(): void;
}

export interface HttpOptions {
	/** PEM certificates to trust in addition to the default ones. */
	readonly ca: string | null;
	/** A connection that is idle for so long counts as cut. */
	readonly idleTimeoutMs: number;
	/** Without it, no proxy is used. */
	readonly proxyFor?: ProxyFor;
}

/** Multiplies the idle timeout: a response must be complete by then, however steadily it trickles. */
const timeoutFactorInTotal = 4;
/** Multiplies the idle timeout after the body: a registry hashes and moves a large blob before it answers. */
const timeoutFactorAfterBody = 10;

const transientCodes = new Set([
	'ECONNRESET',
	'ECONNABORTED',
	'EPIPE',
	'ETIMEDOUT',
	'ENETDOWN',
	'ENETUNREACH',
	'EHOSTUNREACH',
	'EAI_AGAIN',
	'ERR_STREAM_PREMATURE_CLOSE',
]);

export function openHttpClient({ ca, idleTimeoutMs, proxyFor }: HttpOptions): HttpClient {
	// Created once: to read all certificates for each connection takes longer than the connection.
	const trust =
		ca === null ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates(), ca] }) };
	const agents = new Map<string, HttpAgent | HttpsAgent>();

	/** Returns one agent for each proxy, because an agent has only one. */
	function agentFor({ protocol }: URL, proxy: URL | null): HttpAgent | HttpsAgent {
		const key = `${protocol} ${proxy?.href ?? ''}`;
		const proxyEnv = proxy === null ? {} : { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href };
		const agent =
			agents.get(key) ??
			(protocol === 'https:'
				? new HttpsAgent({ keepAlive: true, proxyEnv, ...trust })
				: new HttpAgent({ keepAlive: true, proxyEnv }));
		agents.set(key, agent);
		return agent;
	}

	return {
		idleTimeoutMs,
		async request(url, { method, headers, body, signal, isLong }) {
			const proxy = proxyFor?.(url) ?? null;
			const host = proxy === null ? url.host : `${url.host} (through the proxy ${proxy.host})`;
			const options = {
				method,
				headers: { 'user-agent': 'slipway', ...headers },
				timeout: idleTimeoutMs,
				...(signal === undefined ? {} : { signal }),
			};
			return await new Promise((resolve, reject) => {
				const request = url.protocol === 'https:' ? requestHttps : requestHttp;
				const sent = request(url, { ...options, agent: agentFor(url, proxy) });
				let timeoutMs = idleTimeoutMs;
				sent.on('timeout', () => sent.destroy(new TransientError(`nothing came for ${timeoutMs / 1000} s`)));
				sent.on('error', (error) => reject(connectionError(error, host)));
				let whole: NodeJS.Timeout | undefined;
				let answer: IncomingMessage | null = null;
				const limitTotal = (totalMs: number): void => {
					whole = setTimeout(() => {
						const error = new TransientError(`the answer is not complete after ${totalMs / 1000} s`);
						(answer ?? sent).destroy(error);
					}, totalMs);
				};
				sent.on('close', () => clearTimeout(whole));
				sent.on('response', (response) => {
					answer = response;
					const { statusCode = 0 } = response;
					if (isLong === true && statusCode >= 200 && statusCode < 300) clearTimeout(whole);
					// A server that answers before the end of the body may never read the rest.
					if (!sent.writableFinished) response.on('close', () => sent.destroy());
					resolve(response);
				});
				if (typeof body !== 'function') {
					limitTotal(idleTimeoutMs * timeoutFactorInTotal);
					sent.end(body);
					return;
				}
				sent.on('finish', () => {
					timeoutMs = idleTimeoutMs * timeoutFactorAfterBody;
					sent.setTimeout(timeoutMs);
					limitTotal(timeoutMs);
				});
				// A failed connection rejects first by the request's own error.
				pipeline(body(), sent).catch((error: Error) => reject(connectionError(error, host)));
			});
		},
		close() {
			for (const agent of agents.values()) agent.destroy();
		},
	};
}

/** Converts the error of a connection, also of one that fails while a body is read. */
export function connectionError(error: unknown, host: string): Error {
	if (error instanceof TransientError || error instanceof SlipwayError) return error;
	const { code = '', message } = error as NodeJS.ErrnoException;
	// A host with several addresses has an error for each.
	const reason = error instanceof AggregateError ? error.errors.map(errorMessage).join(', ') : message;
	if (transientCodes.has(code))
		return new TransientError(`the connection was cut (${code})`, null, { cause: error });
	if (code === 'ERR_PROXY_TUNNEL') return tunnelError(error as ProxyTunnelError, host);
	return new SlipwayError('UNREACHABLE', `${host} can't be reached: ${reason}. ${helpFor(code)}`, {
		cause: error,
	});
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function helpFor(code: string): string {
	if (/SELF_SIGNED|UNABLE_TO/.test(code))
		return 'If the registry has a CA of its own, give it with --ca FILE.';
	if (/EXPIRED|NOT_YET_VALID/.test(code)) return 'Is the clock of this machine right?';
	if (/CERT|ALTNAME/.test(code)) return 'The registry needs another certificate.';
	if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
		return 'If it speaks plain http: pull by --mirror REGISTRY=http://…, push with --plain-http.';
	return 'Is the address right, and does the registry run?';
}

interface ProxyTunnelError extends Error {
	/** The status of the proxy's answer to CONNECT; undefined when there was none in time. */
	readonly statusCode?: number;
}

function tunnelError(error: ProxyTunnelError, host: string): Error {
	const { statusCode, message } = error;
	if (statusCode === undefined || statusCode === 429 || statusCode >= 500)
		return new TransientError(`no way through the proxy (${message})`, null, { cause: error });
	const help =
		statusCode === 407
			? 'The proxy wants a login: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.'
			: 'May the proxy be used for this host? NO_PROXY names hosts that are asked without it.';
	return new SlipwayError('UNREACHABLE', `${host} can't be reached: ${message}. ${help}`, { cause: error });
}
