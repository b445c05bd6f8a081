// Answers of a registry and of its token server: bodies of any kind, under statuses and redirects of any kind. The first
// byte is the status; the rest up to a newline is `location` or `www-authenticate`, and then comes the body.

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { requestToken } from '../../../tools/registry/bearer-token.ts';
import { parseChallenges } from '../../../tools/registry/challenge.ts';
import { dockerCredentials } from '../../../tools/registry/docker-credentials.ts';
import type { HttpClient } from '../../../tools/registry/http-client.ts';
import { failureOf } from '../../../tools/registry/response.ts';
import { TransientError } from '../../../tools/registry/retry.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { jsonWords } from '../support/json-words.ts';

const statuses = [200, 201, 301, 302, 307, 308, 401, 403, 404, 405, 413, 429, 500, 503];
const endpoint = { host: 'h', origin: 'https://h', repository: 'a/b' } as Parameters<typeof requestToken>[2];
/** Is no literal of the source, from which inputs are made. */
const password = `pass${6 * 7}word`;
const login = { kind: 'password', username: 'u', password } as const;
/** The messages of an error stay short, whatever comes. */
const maxMessageLength = 3000;

export const target: FuzzTarget = {
	seeds: [
		'\x00Bearer realm="https://h/t",service="s",scope="repository:a/b:pull"\n{"token":"abc"}',
		'\x00Bearer realm="https://other/t"\n{"access_token":"abc"}',
		'\x02/elsewhere\n',
		'\x02https://other/x\n',
		'\x07\n{"errors":[{"code":"DENIED","message":"no"},{"message":"\\u001b[2J"}]}',
		'\x0b120\ntoo many',
		'\x00\n{"auths":{"h":{"auth":"YTpi"},"https://index.docker.io/v1/":{"identitytoken":"x"}},"credHelpers":{}}',
	],
	words: [...jsonWords, '"token":', '"errors":[{"message":', 'realm="', '"auths":', 'https://', 'http://'],
	declares: (error) => isForUser(error) || error instanceof TransientError,
	async run(input) {
		const [head = '', ...rest] = input.toString('latin1', 1).split('\n');
		const body = Buffer.from(rest.join('\n'), 'latin1');
		const status = statuses[(input[0] ?? 0) % statuses.length] ?? 200;
		const headers = { location: head, 'content-type': 'text/plain', 'retry-after': head };
		const answer = (): IncomingMessage =>
			Object.assign(Readable.from([body], { objectMode: false }), {
				statusCode: status,
				headers,
			}) as unknown as IncomingMessage;
		let requests = 0;
		const http: HttpClient = {
			idleTimeoutMs: 1000,
			close() {},
			async request(url, { headers: sent }) {
				requests += 1;
				if (requests > 10) throw new Violation('more than ten requests');
				if (sent['authorization'] !== undefined && url.protocol !== 'https:') {
					throw new Violation(`the login goes to ${url.href}`);
				}
				return answer();
			},
		};
		for (const read of [
			() => readCredentials(body),
			async () => raise(await failureOf(answer(), { host: 'h', access: 'pull', what: 'x' })),
			...parseChallenges(head)
				.slice(0, 4)
				.map((challenge) => () => requestToken(challenge, login, endpoint, 'push', http)),
		]) {
			try {
				await read();
			} catch (error) {
				checkError(error);
			}
			requests = 0;
		}
	},
};

async function readCredentials(body: Buffer): Promise<void> {
	const of = dockerCredentials({ DOCKER_AUTH_CONFIG: body.toString('utf8'), HOME: '/nonexistent' });
	for (const host of ['h', 'docker.io', '__proto__']) await of(host);
}

function raise(error: Error): never {
	throw error;
}

function checkError(error: unknown): void {
	if (!target.declares(error)) throw error;
	const { message } = error as Error;
	if (message.length > maxMessageLength) throw new Violation(`a message of ${message.length} characters`);
	if (message.includes(password)) throw new Violation('the password is in a message');
}
