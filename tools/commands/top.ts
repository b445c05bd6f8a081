// `slipway top`: what the services of a machine use, on a screen that is written anew every two seconds.

import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { quitOnKey } from '../../native/linux/quit-key.ts';
import { wantsColour } from '../../native/text/colour.ts';
import type { UsageSample } from '../../supervisor/contract/usage-table.ts';
import type { RunService } from '../control/run-service.ts';
import { parseSystemStats } from '../dashboard/system-stats.ts';
import { topScreen } from '../dashboard/top-screen.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { endAs, onEarlyEnd } from '../files/early-end.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { findRunningMachine } from '../machine/machine-state.ts';
import { guestOptions, guestService } from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';

const about = `Shows what the services of a machine use: processor, memory, processes, restarts and log lines, those that use most
first. On a terminal the screen is written anew every two seconds until q or Ctrl-C; elsewhere it is written once.`;

const firstWindowMs = 1000;
const refreshMs = 2000;
const maxAnswerBytes = 1024 * 1024;

/** The cursor's home, and what clears the rest of a line and of the screen (ECMA-48). */
const [home, clearLine, clearBelow] = ['\u001b[H', '\u001b[K', '\u001b[J'];

export const topCommand: Command = {
	name: 'top',
	summary: 'show what the services of a machine use',
	operands: '',
	about,
	options: guestOptions,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, guestOptions);
		if (positionals.length > 0)
			throw new UsageError(
				`top takes no ${positionals[0]}. A machine is named by --system ${positionals[0]}.`,
			);
		const service = guestService(values);
		const name =
			values.host ?? findRunningMachine(machineBases(), values.system ?? null, '--system ').record.name;
		const out = streams.out as NodeJS.WritableStream & Partial<NodeJS.WriteStream>;
		let restoreTerminal = (): void => {};
		const stop = onEarlyEnd((reason) => {
			stop();
			restoreTerminal();
			endAs(reason);
		});
		const colour = wantsColour(process.env, out.isTTY === true);
		let before = await take(service);
		// The program ssh may have asked for something until here.
		if (out.isTTY === true) restoreTerminal = quitOnKey(process.stdin, keepSignals);
		let isFirst = true;
		for (;;) {
			await sleep(isFirst ? firstWindowMs : refreshMs);
			const now = await take(service);
			// A serial line or a script's terminal may say 0 x 0.
			const [rows, columns] = [out.rows || 25, out.columns || 120];
			const text = topScreen(name, before, now, {
				rows: out.isTTY === true ? rows - 1 : Number.POSITIVE_INFINITY,
				columns: out.isTTY === true ? columns : Number.POSITIVE_INFINITY,
				wantsColour: colour,
			});
			if (out.isTTY !== true) {
				out.write(text);
				stop();
				return 0;
			}
			out.write(`${home}${isFirst ? clearBelow : ''}${text.replaceAll('\n', `${clearLine}\n`)}${clearBelow}`);
			isFirst = false;
			before = now;
		}
	},
};

/** Node has no call for it. Where stty(1) is absent, the keys end the command all the same. */
function keepSignals(): void {
	spawnSync('stty', ['isig'], { stdio: ['inherit', 'ignore', 'ignore'] });
}

async function take(service: RunService): Promise<UsageSample> {
	const [out, err] = [collector(), collector()];
	const run = { args: ['stats', '--json'], terminal: false, input: null, out: out.stream, err: err.stream };
	const exitCode = await service(run);
	if (exitCode === 0) return { stats: parseSystemStats(out.text()), atSeconds: performance.now() / 1000 };
	const said = err.text().trim() || `exit code ${exitCode}`;
	throw new SlipwayError('GUEST_FAILED', `The guest does not say what its services use: ${said}`);
}

function collector() {
	const chunks: Buffer[] = [];
	let length = 0;
	const stream = new Writable({
		write(bytes: Buffer, _encoding, done) {
			length += bytes.length;
			if (length <= maxAnswerBytes) chunks.push(bytes);
			done();
		},
	});
	return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
