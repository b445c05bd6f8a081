// Logins as Docker keeps them: `config.json` in $DOCKER_CONFIG or ~/.docker, and the credential helpers that it names
// (https://github.com/docker/docker-credential-helpers: `docker-credential-NAME get`, the server on standard input).

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SlipwayError } from '../commands/command.ts';

export type Credentials =
	| { readonly kind: 'password'; readonly username: string; readonly password: string }
	/** OAuth2's refresh token, that `docker login` gets from some registries. */
	| { readonly kind: 'identity'; readonly token: string };

/** The login for a registry's host, or null. */
export type CredentialsOf = (host: string) => Promise<Credentials | null>;

type Json = Readonly<Record<string, unknown>>;

/** What Docker calls its own registry in config.json, for historical reasons. */
const dockerHubKey = 'https://index.docker.io/v1/';

export function dockerCredentials(env: NodeJS.ProcessEnv = process.env): CredentialsOf {
	const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
	const path = join(folder, 'config.json');
	return async (host) => {
		const config = await readConfig(path);
		const server = host === 'docker.io' ? dockerHubKey : host;
		const helper = object(config['credHelpers'])[host] ?? config['credsStore'];
		const helped = typeof helper === 'string' && helper !== '' ? await askHelper(helper, server, env) : null;
		return helped ?? fromAuths(object(config['auths']), server, path);
	};
}

async function readConfig(path: string): Promise<Json> {
	if (!existsSync(path)) return {};
	const content = await readFile(path, 'utf8');
	try {
		return object(JSON.parse(content));
	} catch (cause) {
		throw new SlipwayError('BAD_CREDENTIALS', `${path} is not JSON; "docker login" writes it anew.`, {
			cause,
		});
	}
}

function fromAuths(auths: Json, server: string, path: string): Credentials | null {
	const key = server in auths ? server : Object.keys(auths).find((each) => hostOf(each) === hostOf(server));
	const entry = object(key === undefined ? undefined : auths[key]);
	const { identitytoken, auth } = entry;
	if (typeof identitytoken === 'string' && identitytoken !== '')
		return { kind: 'identity', token: identitytoken };
	if (typeof auth !== 'string' || auth === '') return null;
	const pair = Buffer.from(auth, 'base64').toString('utf8');
	const colon = pair.indexOf(':');
	if (colon < 1) {
		throw new SlipwayError(
			'BAD_CREDENTIALS',
			`${path}: the login of ${server} is not USER:PASSWORD in base64.`,
		);
	}
	return { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

async function askHelper(name: string, server: string, env: NodeJS.ProcessEnv): Promise<Credentials | null> {
	const program = `docker-credential-${name}`;
	const failed = (why: string, cause?: unknown): SlipwayError =>
		new SlipwayError('BAD_CREDENTIALS', `${program}, which Docker's config.json names, ${why}.`, { cause });
	if (!/^[\w.-]+$/.test(name)) throw failed('is no name of a program');
	const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
	child.stdin.on('error', () => undefined);
	child.stdin.end(server);
	const [answer, exitCode] = await Promise.all([
		text(child.stdout),
		new Promise<number | null>((resolve, reject) => {
			child.on('error', (error) => reject(failed(`can't be run: ${error.message}`, error)));
			child.on('close', resolve);
		}),
	]);
	if (exitCode !== 0) {
		// The one failure that the protocol knows.
		if (/credentials not found/i.test(answer)) return null;
		throw failed(`failed for ${server}: ${answer.trim() || `exit code ${exitCode}`}`);
	}
	const { Username: username, Secret: secret } = parseAnswer(answer, failed);
	if (typeof username !== 'string' || typeof secret !== 'string') throw failed('gave no Username and Secret');
	return username === '<token>'
		? { kind: 'identity', token: secret }
		: { kind: 'password', username, password: secret };
}

function parseAnswer(answer: string, failed: (why: string, cause?: unknown) => SlipwayError): Json {
	try {
		return object(JSON.parse(answer));
	} catch (cause) {
		throw failed('gave no JSON', cause);
	}
}

/** Keys of `auths` may be URLs: `https://registry.example/v1/`. */
function hostOf(key: string): string {
	return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function object(value: unknown): Json {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
