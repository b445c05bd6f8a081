// Fetches what services and onboot containers of a guest have written, through the control channel, within a time.

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type RunService, throughChannel } from '../control/run-service.ts';
import type { MachineFiles } from '../machine/machine-directories.ts';

/** A guest in trouble may not answer. */
const lastLinesMs = 20_000;
/** The first command starts Node on either side, which takes an emulated processor on a busy host half a minute. */
const wholeLogMs = 60_000;
const shownLines = 20;

/** Writes `NAME.log` for each name into the directory. Returns the names whose logs could not be fetched. */
export async function saveGuestLogs(
	files: MachineFiles,
	names: readonly string[],
	folder: string,
): Promise<string[]> {
	const run = throughChannel(files);
	const missing: string[] = [];
	for (const name of names) {
		const out = createWriteStream(join(folder, `${name}.log`));
		const isDone = await logsOf(run, ['--', name], out, wholeLogMs);
		out.end();
		await finished(out);
		if (isDone) continue;
		missing.push(name);
		// A guest that did not answer for one does not answer for the others.
		if (isDone === null)
			return names.filter((each) => each === name || names.indexOf(each) > names.indexOf(name));
	}
	return missing;
}

/** Returns the last lines of the service's log; empty when the guest does not tell. */
export async function lastGuestLines(files: MachineFiles, name: string): Promise<string> {
	const out = new PassThrough();
	const chunks: Buffer[] = [];
	out.on('data', (bytes: Buffer) => chunks.push(bytes));
	await logsOf(throughChannel(files), [`--lines=${shownLines}`, '--', name], out, lastLinesMs);
	return Buffer.concat(chunks).toString('utf8').trimEnd();
}

/** Returns whether the guest told the log; null when it did not answer in time. */
async function logsOf(
	run: RunService,
	words: readonly string[],
	out: Writable,
	timeoutMs: number,
): Promise<boolean | null> {
	const err = new PassThrough();
	err.resume();
	const { promise: late, resolve } = Promise.withResolvers<null>();
	const timer = setTimeout(resolve, timeoutMs, null);
	const told = run({ args: ['logs', ...words], terminal: false, input: null, out, err }).then(
		(code) => code === 0,
		() => null,
	);
	return await Promise.race([told, late]).finally(() => clearTimeout(timer));
}
