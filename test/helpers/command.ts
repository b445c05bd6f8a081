// Runs a command of ours in this process and keeps what it writes.

import { Writable } from 'node:stream';
import type { Command } from '../../tools/terminal/command.ts';

export async function runCommand(
	command: Pick<Command, 'run'>,
	...args: readonly string[]
): Promise<{ exitCode: number; out: string; err: string }> {
	const written = { out: '', err: '' };
	const stream = (name: 'out' | 'err'): Writable =>
		new Writable({
			write(chunk, _encoding, done) {
				written[name] += String(chunk);
				done();
			},
		});
	const exitCode = await command.run(args, { out: stream('out'), err: stream('err') });
	return { exitCode, ...written };
}
