// Converts the status of a response to an error, and reads small bodies.

import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../errors.ts';
import type { RegistryAccess } from './endpoint.ts';
import { connectionError } from './http-client.ts';
import { parseRetryAfter, TransientError } from './retry.ts';

/** The limit for the body of an error (distribution-spec v1.1, "Error Codes"). */
const maxErrorBytes = 64 * 1024;
const maxMessageLength = 500;

/** The parts of an error's message. */
export interface RequestContext {
	readonly host: string;
	readonly access: RegistryAccess;
	readonly what: string;
}

/** Returns the error for a response with an unexpected status. Reads the body to its end. */
export async function failureOf(
	response: IncomingMessage,
	{ host, access, what }: RequestContext,
): Promise<Error> {
	const status = response.statusCode ?? 0;
	const body = await readWhole(response, host, maxErrorBytes).catch(() => Buffer.alloc(0));
	const isText = /^text\/plain\b/.test(response.headers['content-type'] ?? '');
	const said = (messagesOf(body) || (isText ? body.toString().trim() : '')).slice(0, maxMessageLength);
	const details = `${status}${said === '' ? '' : `: ${said}`}`;
	if (status === 429 || status === 408 || status >= 500) {
		const retryAfterMs = parseRetryAfter(response.headers['retry-after'], Date.now());
		return new TransientError(`it answers ${details}`, retryAfterMs);
	}
	if (access === 'push') {
		if (status === 403 || status === 404) {
			return new SlipwayError(
				'DENIED',
				`${host} does not take ${what} (${details}). Is the name right, and may this login write there?`,
			);
		}
		const hint = status === 413 ? ' Something before the registry limits the size of what it takes.' : '';
		return new SlipwayError('REGISTRY_FAILED', `${host} answers ${details} when sent ${what}.${hint}`);
	}
	if (status === 404)
		return new SlipwayError('NO_IMAGE', `${host} has no ${what} (${details}). Is the name right?`);
	if (status === 403)
		return new SlipwayError('DENIED', `${host} does not give ${what} (${details}). May this login read it?`);
	return new SlipwayError('REGISTRY_FAILED', `${host} answers ${details} when asked for ${what}.`);
}

/** Returns the whole body. Throws when it has more than `maxBytes`. */
export async function readWhole(response: IncomingMessage, host: string, maxBytes: number): Promise<Buffer> {
	const parts: Buffer[] = [];
	let size = 0;
	try {
		for await (const part of response as AsyncIterable<Buffer>) {
			size += part.length;
			if (size > maxBytes)
				throw new SlipwayError('REGISTRY_FAILED', `${host} sends more than ${maxBytes} bytes of JSON.`);
			parts.push(part);
		}
	} catch (error) {
		throw connectionError(error, host);
	}
	return Buffer.concat(parts);
}

function messagesOf(body: Buffer): string {
	try {
		const { errors } = JSON.parse(body.toString('utf8')) as { errors?: unknown };
		if (!Array.isArray(errors)) return '';
		return (errors as readonly { message?: unknown }[])
			.map((each) => each?.message)
			.filter((each) => typeof each === 'string')
			.join('; ');
	} catch {
		return '';
	}
}
