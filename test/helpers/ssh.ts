// OpenSSH's own client, with keys made for one test.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from './eventually.ts';
import { type Finished, runProgram } from './program.ts';

export interface SshKey {
	readonly privateFile: string;
	readonly publicFile: string;
}

export async function makeSshKey(folder: string, name: string): Promise<SshKey> {
	const privateFile = join(folder, name);
	await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', privateFile]);
	return { privateFile, publicFile: `${privateFile}.pub` };
}

/** Runs a command as root in the guest; the machine's host key is new to us. */
export async function ssh(port: number, key: SshKey, ...command: readonly string[]): Promise<Finished> {
	const options = ['BatchMode=yes', 'IdentitiesOnly=yes'];
	return await client(port, [...options, `IdentityFile=${key.privateFile}`], command);
}

/**
 * Runs root's login shell on a terminal, types all that is given, and resolves with the text that the terminal has
 * shown when the shell has ended. The terminal is one with colours wherever the test runs; the text is without them.
 */
export async function sshTerminal(port: number, key: SshKey, typed: string): Promise<string> {
	const options = [
		'BatchMode=yes',
		'IdentitiesOnly=yes',
		`IdentityFile=${key.privateFile}`,
		'RequestTTY=force',
	];
	return stripVTControlCharacters((await client(port, options, [], { TERM: 'xterm' }, typed)).stdout);
}

/** The same with a password and no key. */
export async function sshWithPassword(port: number, folder: string, password: string): Promise<Finished> {
	const askpass = join(folder, 'askpass');
	writeFileSync(askpass, `#!/bin/sh\necho '${password}'\n`, { mode: 0o755 });
	const options = ['PubkeyAuthentication=no', 'NumberOfPasswordPrompts=1'];
	return await client(port, options, ['true'], { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' });
}

/** Resolves with the text that the machine shows to a client as soon as it connects. */
export async function sshHostKey(port: number): Promise<string> {
	return await eventually(async () => {
		const scan = ['-T', '60', '-t', 'ed25519', '-p', String(port), '127.0.0.1'];
		return /ssh-ed25519 \S+/.exec((await runProgram('ssh-keyscan', scan)).stdout)?.[0] ?? null;
	});
}

async function client(
	port: number,
	options: readonly string[],
	command: readonly string[],
	environment: NodeJS.ProcessEnv = {},
	input?: string,
): Promise<Finished> {
	const always = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
	// No agent and no settings of whoever runs the tests; a guest without KVM takes its time.
	const args = [...always, 'ConnectTimeout=60', ...options].flatMap((option) => ['-o', option]);
	const env = { ...process.env, ...environment };
	delete env['SSH_AUTH_SOCK'];
	return await runProgram(
		'ssh',
		['-F', '/dev/null', '-p', String(port), ...args, 'root@127.0.0.1', ...command],
		{ env, ...(input === undefined ? {} : { input }) },
	);
}
