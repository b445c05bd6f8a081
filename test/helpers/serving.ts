// `slipway serve` for tests of network boot.

import { spawn } from 'node:child_process';
import type { ServeEvent } from '../../tools/serve/serve-event.ts';
import type { Owner } from './scratch.ts';
import { slipwayEnvironment, slipwayProgram } from './system.ts';

/**
 * Starts it and returns what it says.
 *
 * @param inside - what stands before the program; by default nothing
 */
export function startServing(
	t: Owner,
	options: readonly string[],
	inside: readonly string[] = [],
): readonly ServeEvent[] {
	const [program = slipwayProgram, ...args] = [...inside, slipwayProgram, 'serve', '--json', ...options];
	const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: slipwayEnvironment() });
	t.teardown(() => child.kill());
	const events: ServeEvent[] = [];
	let rest = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		const lines = (rest + text).split('\n');
		rest = lines.pop() ?? '';
		events.push(...lines.map((line) => JSON.parse(line) as ServeEvent));
	});
	return events;
}

/** Returns `PROTOCOL PATH` of the files that went out whole, to one client or to all. */
export function sentFiles(events: readonly ServeEvent[], client?: string): string[] {
	return events.flatMap((each) =>
		each.event === 'file' && each.outcome === 'sent' && (client === undefined || each.client === client)
			? [`${each.protocol} ${each.path}`]
			: [],
	);
}
