// Runs the `service` of a machine elsewhere through OpenSSH's ssh, which brings the streams, the terminal, its size and the exit code.

import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { SlipwayError, UsageError } from '../errors.ts';
import { shellWord } from '../terminal/shell-word.ts';
import type { RunService, ServiceRun } from './run-service.ts';

/** ssh's own exit code for a connection that failed. */
const sshFailed = 255;

/** Parses `ssh://[USER@]ADDRESS[:PORT]`. Returns the arguments of ssh. Throws a `UsageError`. */
export function sshArguments(host: string): string[] {
	const url = URL.canParse(host) ? new URL(host) : null;
	const isPlain =
		url !== null &&
		['', '/'].includes(url.pathname) &&
		url.search === '' &&
		url.hash === '' &&
		url.password === '';
	if (url?.protocol !== 'ssh:' || url.hostname === '' || !isPlain)
		throw new UsageError(`--host ${host}: expected ssh://USER@ADDRESS or ssh://USER@ADDRESS:PORT.`);
	const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
	const user = decodeURIComponent(url.username);
	return [
		...(url.port === '' ? [] : ['-p', url.port]),
		...(user === '' ? [] : ['-l', user]),
		// A name that begins with a dash is no option.
		'--',
		address,
	];
}

/** How ssh is run for a program that goes on beside it. */
export interface SshSettings {
	/** Words before the address, such as `-oBatchMode=yes`. */
	readonly options: readonly string[];
	/** Leaves the signals and the stdin of this process alone. */
	readonly isBackground: boolean;
}

const inForeground: SshSettings = { options: [], isBackground: false };

/** Throws a `UsageError` when the address is none. */
export function throughSsh(host: string, settings: SshSettings = inForeground): RunService {
	const run = sshRunner(host, settings);
	return async (call) => await run(['service', ...call.args], call);
}

type RunProgram = (words: readonly string[], call: Omit<ServiceRun, 'args'>) => Promise<number>;

/** Runs programs there. Throws a `UsageError` when the address is none. */
export function sshRunner(host: string, { options, isBackground }: SshSettings): RunProgram {
	const destination = sshArguments(host);
	return async (words, { terminal, input, out, err, ended: abandoned }) => {
		const command = words.map(shellWord).join(' ');
		const stdio: StdioOptions = terminal ? 'inherit' : ['pipe', 'pipe', 'pipe'];
		// The terminal's signals reach ssh by itself.
		const ssh = spawn('ssh', [terminal ? '-t' : '-T', ...options, ...destination, command], { stdio });
		const ended = once(ssh, 'close').catch((cause: unknown) => {
			throw new SlipwayError(
				'TOOL_FAILED',
				'ssh could not be started. Install it (Debian: openssh-client).',
				{ cause },
			);
		});
		const ignore = (): void => undefined;
		const kill = (): void => void ssh.kill();
		if (!isBackground) process.on('SIGINT', ignore);
		abandoned?.addEventListener('abort', kill);
		if (abandoned?.aborted === true) kill();
		try {
			ssh.stdout?.pipe(out, { end: false });
			ssh.stderr?.pipe(err, { end: false });
			if (ssh.stdin !== null) feed(input, ssh.stdin);
			const [code] = (await ended) as [number | null];
			if (code === sshFailed)
				throw new SlipwayError('UNREACHABLE', `${host} was not reached by ssh, or ended the connection.`);
			return code ?? 1;
		} finally {
			abandoned?.removeEventListener('abort', kill);
			if (!isBackground) {
				process.off('SIGINT', ignore);
				// Another call may read it.
				if (terminal || input === process.stdin) process.stdin.pause();
			}
		}
	};
}

function feed(input: Readable | null, stdin: NodeJS.WritableStream): void {
	stdin.on('error', () => input?.unpipe(stdin));
	if (input === null) stdin.end();
	else input.pipe(stdin);
}
