// Runs /bin/sh by `spawn` and waits for it; its output goes through a file, so that nobody must read meanwhile.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildExit, Native, SpawnRequest } from '../../../native/native.ts';

export interface ShellOptions extends Partial<SpawnRequest> {
	/** The text of the shell's stdin, from a file. */
	readonly input?: string;
	/** Another stdin: a descriptor. */
	readonly stdin?: number;
}

export interface ShellEnd {
	/** stdout and stderr together. */
	readonly lines: readonly string[];
	readonly exit: ChildExit | null;
	/** What `spawn` returned. */
	readonly pid: number;
}

export function shell(native: Native, script: string, options: ShellOptions = {}): ShellEnd {
	const { input = '', stdin: given, args = ['sh'], env = [], ...request } = options;
	const folder = mkdtempSync(join(tmpdir(), 'slipway-shell-'));
	writeFileSync(join(folder, 'in'), input);
	const stdin = openSync(join(folder, 'in'), 'r');
	const stdout = openSync(join(folder, 'out'), 'a+');
	try {
		const pid = native.spawn({
			path: '/bin/sh',
			args: ['sh', '-c', script, ...args],
			env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...env],
			stdio: [given ?? stdin, stdout, stdout],
			...request,
		});
		const exit = native.waitpid(pid, 0);
		return { lines: readFileSync(join(folder, 'out'), 'utf8').split('\n').slice(0, -1), exit, pid };
	} finally {
		closeSync(stdin);
		closeSync(stdout);
		rmSync(folder, { recursive: true });
	}
}
