// Reads the logins of Docker's command (docker/cli, `cli/config`): $DOCKER_AUTH_CONFIG, then `config.json` in $DOCKER_CONFIG
// or ~/.docker, with the credential helpers that it names.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { homeFolder } from '../files/home-folder.ts';
import { askHelper } from './credential-helper.ts';

export type Credentials =
	| { readonly kind: 'password'; readonly username: string; readonly password: string }
	/** OAuth2's refresh token, which `docker login` gets from some registries. */
	| { readonly kind: 'identity'; readonly token: string }
	/** A Bearer token that is sent unchanged. */
	| { readonly kind: 'bearer'; readonly token: string };

/** Returns the login for a registry's host; null when there is none. */
export type CredentialsOf = (host: string) => Promise<Credentials | null>;

type Json = Readonly<Record<string, unknown>>;

/** The name of Docker's own registry in config.json, for historical reasons. */
const dockerHubKey = 'https://index.docker.io/v1/';

export function dockerCredentials(env: NodeJS.ProcessEnv = process.env): CredentialsOf {
	const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homeFolder(), '.docker');
	const path = join(folder, 'config.json');
	return async (host) => {
		const inEnvironment = env['DOCKER_AUTH_CONFIG'];
		if (inEnvironment) {
			const found = fromAuths(parseConfig(inEnvironment, '$DOCKER_AUTH_CONFIG'), host, '$DOCKER_AUTH_CONFIG');
			if (found !== null) return found;
		}
		if (!existsSync(path)) return null;
		const config = parseConfig(await readFile(path, 'utf8'), path);
		return (await fromHelper(config, host, env)) ?? fromAuths(config, host, path);
	};
}

function parseConfig(content: string, what: string): Json {
	try {
		return object(JSON.parse(content));
	} catch (cause) {
		throw new SlipwayError('BAD_INPUT', `${what} is not JSON; "docker login" writes a new config.json.`, {
			cause,
		});
	}
}

/** Asks the registry's own helper, or else the general one. An empty name means no helper for this registry. */
async function fromHelper(config: Json, host: string, env: NodeJS.ProcessEnv): Promise<Credentials | null> {
	const own = entryFor(object(config['credHelpers']), host);
	const helper = own === undefined ? config['credsStore'] : own;
	if (typeof helper !== 'string' || helper === '') return null;
	const answer = await askHelper(helper, serverOf(host), env);
	if (answer === null) return null;
	const { username, secret } = answer;
	return username === '<token>'
		? { kind: 'identity', token: secret }
		: { kind: 'password', username, password: secret };
}

/** `auth` takes precedence over `username` and `password`, and a token over all of them. */
function fromAuths(config: Json, host: string, what: string): Credentials | null {
	const entry = object(entryFor(object(config['auths']), host));
	const field = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
	if (field('registrytoken') !== '') return { kind: 'bearer', token: field('registrytoken') };
	if (field('identitytoken') !== '') return { kind: 'identity', token: field('identitytoken') };
	if (field('auth') === '') {
		const [username, password] = [field('username'), field('password')];
		return username === '' ? null : { kind: 'password', username, password };
	}
	const pair = Buffer.from(field('auth'), 'base64').toString('utf8');
	const colon = pair.indexOf(':');
	if (colon < 1)
		throw new SlipwayError('BAD_INPUT', `${what}: the login of ${host} is not USER:PASSWORD in base64.`);
	const password = pair.slice(colon + 1).replace(/\0+$/, '');
	return { kind: 'password', username: pair.slice(0, colon), password };
}

/** Keys may be URLs with a path: `https://registry.example/v1/`. An exact match takes precedence. */
function entryFor(entries: Json, host: string): unknown {
	const server = serverOf(host);
	if (Object.hasOwn(entries, server)) return entries[server];
	const names = host === 'docker.io' ? ['docker.io', 'index.docker.io'] : [host];
	// Docker Hub's tokens of a login by browser have entries beside that of the password.
	const key = Object.keys(entries).find((each) => names.includes(hostOf(each)) && !each.endsWith('-token'));
	return key === undefined ? undefined : entries[key];
}

function serverOf(host: string): string {
	return host === 'docker.io' ? dockerHubKey : host;
}

function hostOf(key: string): string {
	return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function object(value: unknown): Json {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
