// Runs one of Docker's credential helpers (https://github.com/docker/docker-credential-helpers): `docker-credential-NAME get`
// with the server on standard input.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { SlipwayError } from '../errors.ts';

export interface HelperAnswer {
	readonly username: string;
	readonly secret: string;
}

/** Returns the login that the helper has for `server`; null when it has none. Throws when the helper fails. */
export async function askHelper(
	name: string,
	server: string,
	env: NodeJS.ProcessEnv,
): Promise<HelperAnswer | null> {
	const program = `docker-credential-${name}`;
	const failed = (why: string, cause?: unknown): SlipwayError =>
		new SlipwayError('BAD_INPUT', `${program}, which Docker's config.json names, ${why}.`, { cause });
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
		// The only failure that the protocol defines.
		if (/credentials not found/i.test(answer)) return null;
		throw failed(`failed for ${server}: ${answer.trim() || `exit code ${exitCode}`}`);
	}
	const { Username: username, Secret: secret } = parseAnswer(answer, failed);
	if (typeof username !== 'string' || typeof secret !== 'string') throw failed('gave no Username and Secret');
	return { username, secret };
}

function parseAnswer(
	answer: string,
	failed: (why: string, cause?: unknown) => SlipwayError,
): Readonly<Record<string, unknown>> {
	try {
		return (JSON.parse(answer) ?? {}) as Readonly<Record<string, unknown>>;
	} catch (cause) {
		throw failed('gave no JSON', cause);
	}
}
