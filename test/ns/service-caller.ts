// Calls `service` as a person or a script does: as a process of its own, with pipes or on a terminal that the test has
// the other end of.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { openAddon } from '../helpers/addon.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Finished, runProgram } from '../helpers/program.ts';
import type { SupervisedGuest } from './supervised-guest.ts';

const timeoutMs = 20_000;
const native = await openAddon();

export function serviceWords(guest: SupervisedGuest, args: readonly string[]): [string, ...string[]] {
	const host = fileURLToPath(new URL('service-host.ts', import.meta.url));
	const paths = [join(guest.root, 'native.node'), join(guest.root, 'control.sock')];
	return [process.execPath, '--no-warnings', host, ...paths, ...args];
}

export async function callService(
	guest: SupervisedGuest,
	args: readonly string[],
	options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
	const [program, ...words] = serviceWords(guest, args);
	return await runProgram(program, words, options);
}

export interface ServiceOnTerminal {
	/** \`service\` itself: setsid(1) executes it. */
	readonly child: ChildProcess;
	readonly exited: Promise<number | null>;
	type(text: string): Promise<void>;
	/** Resolves with the match in what the terminal has shown since the last one. */
	shows(pattern: RegExp): Promise<RegExpExecArray>;
	resize(rows: number, columns: number): void;
	/** Returns the settings of the caller's terminal, for a comparison. */
	settings(): string;
	/** Its other end is gone. */
	hangUp(): void;
}

/** On a terminal of 33 rows and 77 columns, that is its controlling one. */
export function serviceOnTerminal(
	t: ExecutionContext,
	guest: SupervisedGuest,
	args: readonly string[],
): ServiceOnTerminal {
	const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
	const slave = native.openTerminalPeer(master);
	native.setWindowSize(master, 33, 77);
	const child = spawn('setsid', ['--ctty', ...serviceWords(guest, args)], {
		stdio: [slave, slave, slave],
		env: { ...process.env, TERM: 'vt220' },
	});
	let text = '';
	const exited = new Promise<number | null>((resolve, reject) => {
		const late = setTimeout(() => reject(new Error(`${args.join(' ')} does not end: ${text}`)), timeoutMs);
		child.once('exit', (exitCode) => {
			clearTimeout(late);
			resolve(exitCode);
		});
	});
	exited.catch(() => undefined);
	let arrived = Promise.withResolvers<void>();
	const stopWatch = native.watchReadable(master, () => {
		text += native.readAvailable(master, 65_536)?.toString() ?? '';
		arrived.resolve();
		arrived = Promise.withResolvers();
	});
	let isOpen = true;
	const close = (): void => {
		if (!isOpen) return;
		isOpen = false;
		stopWatch();
		closeSync(slave);
		closeSync(master);
	};
	t.teardown(() => {
		child.kill('SIGKILL');
		close();
	});
	return {
		child,
		exited,
		async type(typed) {
			let rest = Buffer.from(typed);
			const write = (): boolean => {
				rest = rest.subarray(native.writeAvailable(master, rest));
				return rest.length === 0;
			};
			await eventually(write, { pauseMs: 5, what: 'the terminal takes all that is typed' });
		},
		async shows(pattern) {
			const deadline = performance.now() + timeoutMs;
			for (;;) {
				const match = pattern.exec(text);
				if (match !== null) {
					text = text.slice(match.index + match[0].length);
					return match;
				}
				const leftMs = deadline - performance.now();
				if (leftMs <= 0) throw new Error(`${pattern} is not in: ${JSON.stringify(text)}`);
				const late = new Promise<void>((resolve) => setTimeout(resolve, leftMs).unref());
				await Promise.race([arrived.promise, late]);
			}
		},
		resize: (rows, columns) => native.setWindowSize(master, rows, columns),
		settings: () => native.terminalSettings(slave).toString('hex'),
		hangUp: close,
	};
}
