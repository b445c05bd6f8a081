// Asks a metadata service over HTTP. The service is not trusted: an answer is bounded in size and time, and no redirect is followed.

import type { IncomingMessage } from 'node:http';
import { hasCode } from '../../native/linux/has-code.ts';
import { errorMessage } from '../../native/text/error-message.ts';
import { AppletError } from '../applet/applet.ts';

export interface Answer {
	readonly status: number;
	readonly headers: IncomingMessage['headers'];
	readonly body: Buffer;
}

export interface AskOptions {
	readonly method?: 'GET' | 'PUT';
	readonly headers?: Readonly<Record<string, string>>;
	/** A service may ask for a port below 1024, which only root has. */
	readonly isFromLowPort?: boolean;
	/** Of the body; without it as many as user data may have. */
	readonly maxBytes?: number;
}

/** Asks for a path below the service's address. Throws `NoService` when nobody answers in time. */
export type Ask = (path: string, options?: AskOptions) => Promise<Answer>;

/** Nobody listens there, or the answer does not come. */
export class NoService extends AppletError {}

/** That of `slipway run --data`. */
const maxDataBytes = 16 * 2 ** 20;
/** A machine keeps several of these, such as its keys. */
const maxTextBytes = 2 ** 20;
/** Of all answers of a service together, which could else send its largest one for each key. */
const maxAllBytes = 24 * 2 ** 20;
/** All answers together may take as long as so many of them. */
const maxSlowAnswers = 6;
const lowPorts = { from: 600, to: 1023 } as const;

/**
 * Returns a conversation with a service. It ends with an error when all answers together pass their limits.
 *
 * @param base - `http://HOST[:PORT]`, with or without a path
 * @param timeoutMs - for a whole answer
 */
export function asking(base: string, timeoutMs: number): Ask {
	const endsAt = performance.now() + maxSlowAnswers * timeoutMs;
	let leftBytes = maxAllBytes;
	return async (path, given = {}) => {
		const leftMs = Math.floor(endsAt - performance.now());
		if (leftMs <= 0) throw new NoService(`${base} is too slow: the rest of its answers is not waited for`);
		const options = { ...given, maxBytes: Math.min(given.maxBytes ?? maxDataBytes, leftBytes) };
		const answer = await answerOf(base, path, options, Math.min(timeoutMs, leftMs));
		leftBytes -= answer.body.length;
		return answer;
	};
}

async function answerOf(base: string, path: string, options: AskOptions, timeoutMs: number): Promise<Answer> {
	const url = URL.parse(`${base}${path}`);
	if (url?.protocol !== 'http:') throw new AppletError(`${base} is no address that begins with http://`);
	if (options.isFromLowPort !== true) return await ask(url, options, timeoutMs, null);
	for (let port: number = lowPorts.to; ; port -= 1) {
		try {
			return await ask(url, options, timeoutMs, port);
		} catch (error) {
			const isTaken = hasCode((error as Error).cause, 'EADDRINUSE');
			if (!isTaken || port === lowPorts.from) throw error;
		}
	}
}

async function ask(
	url: URL,
	{ method = 'GET', headers = {}, maxBytes = maxDataBytes }: AskOptions,
	timeoutMs: number,
	localPort: number | null,
): Promise<Answer> {
	// Loaded only here: most machines have a drive, or nothing.
	const { request } = await import('node:http');
	return await new Promise<Answer>((resolve, reject) => {
		const fail = (cause: unknown): void =>
			reject(new NoService(`${url} does not answer: ${errorMessage(cause)}`, { cause }));
		const signal = AbortSignal.timeout(timeoutMs);
		const from = localPort === null ? {} : { localPort };
		const asked = request(url, { method, headers, signal, agent: false, ...from }, (response) => {
			const parts: Buffer[] = [];
			let length = 0;
			response.on('data', (part: Buffer) => {
				parts.push(part);
				length += part.length;
				if (length <= maxBytes) return;
				reject(new AppletError(`${url} answers with more than ${Math.ceil(maxBytes / 2 ** 20)} MiB`));
				response.destroy();
			});
			response.on('error', fail);
			response.on('end', () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					body: Buffer.concat(parts),
				}),
			);
		});
		asked.on('error', fail);
		asked.end();
	});
}

/** Returns the body, or null when the service has none of it (404). Throws for any other answer. */
export async function bodyOf(ask: Ask, path: string, options: AskOptions = {}): Promise<Buffer | null> {
	const { status, body } = await ask(path, options);
	if (status === 200) return body.length === 0 ? null : body;
	if (status === 404 || status === 204) return null;
	throw new AppletError(`the metadata service answers ${path} with the status ${status}`);
}

/** Returns the body as text without white space around it, or null. */
export async function textOf(ask: Ask, path: string, options: AskOptions = {}): Promise<string | null> {
	const text =
		(await bodyOf(ask, path, { ...options, maxBytes: maxTextBytes }))?.toString('utf8').trim() ?? '';
	return text === '' ? null : text;
}
