// Runs a program of the host to its end, for tests that look from outside.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Finished {
	readonly exitCode: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface ProgramOptions {
	readonly cwd?: string;
	readonly env?: NodeJS.ProcessEnv;
	readonly input?: string | Uint8Array;
}

export async function runProgram(
	program: string,
	args: readonly string[],
	options: ProgramOptions = {},
): Promise<Finished> {
	const child = spawn(program, args, {
		stdio: ['pipe', 'pipe', 'pipe'],
		env: options.env ?? process.env,
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	child.stdin.on('error', () => undefined);
	child.stdin.end(options.input ?? '');
	return await new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
	});
}

/** Looks in PATH and in the directories of root's programs; null when no directory has the program. */
export function findProgram(name: string): string | null {
	const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
	return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}
