// `slipway test`: boots a system, runs a command of the host against it, and powers it off.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { jsonText } from '../../native/text/json-text.ts';
import { UsageError } from '../errors.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { junitXml } from '../machine/test-report.ts';
import { dockerRunOptions } from '../options/docker-options.ts';
import { systemOptions, systemOptionsOf } from '../options/system-options.ts';
import { testSystem } from '../options/test-system.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Builds the system that the YAML files describe, boots it without a terminal, waits until all its services run,
runs COMMAND on this host, and powers the system off. Without COMMAND it tests that the system gets ready. What
leaves no hope ends the test at once: an onboot container that fails, a service that fails for good, and one that has
ended six times in a row without being ready while no other service was still coming up.`;

const notes = `COMMAND finds in its environment: SLIPWAY_HOST (127.0.0.1), SLIPWAY_PORT_6379 (the host's port for the guest's
port 6379; one variable for each port of a readiness probe, of an image, or of --publish) and SLIPWAY_NAME, for
"slipway exec --system".

Exit code: COMMAND's, or 128 and the number of the signal that ended it; 125 when the system was not built, did not get
ready or did not power off well, and when COMMAND could not be started; 2 for wrong usage.`;

/** The name of a file for it, as everywhere. */
const standardOutput = '-';

const options = {
	...systemOptions,
	junit: { value: 'FILE', completes: 'file', group: 'Report', help: 'write the result as JUnit XML' },
	json: {
		value: 'FILE',
		bareValue: standardOutput,
		meantAsValue: /\.json$/i,
		completes: 'file',
		group: 'Report',
		help: 'write the result as one JSON object, without FILE to the standard output; what COMMAND prints then goes to the standard error',
	},
	artifacts: {
		value: 'DIR',
		completes: 'directory',
		group: 'Report',
		help: "keep the console, the events and every service's log in this directory",
	},
} as const satisfies OptionTable;

/** The test takes minutes; what is told after it can be told before. */
function checkReport(option: string, path: string): void {
	try {
		closeSync(openSync(path, 'a'));
	} catch (cause) {
		const { errno = 0 } = cause as NodeJS.ErrnoException;
		throw new UsageError(
			`${option} ${path}: the file can't be written: ${getSystemErrorMessage(errno)}. Name another.`,
		);
	}
}

export const testCommand: Command = {
	name: 'test',
	summary: 'boot a system and run a command against it',
	operands: 'FILE.yml... [-- COMMAND...]',
	operandsComplete: 'file',
	about,
	options,
	notes,
	failureExitCode: 125,
	async run(args, streams) {
		const end = args.includes('--') ? args.indexOf('--') : args.length;
		const command = args.slice(end + 1);
		if (end < args.length && command.length === 0) throw new UsageError('test needs a COMMAND after "--".');
		const { values, positionals } = readArguments(args.slice(0, end), options, dockerRunOptions);
		const system = systemOptionsOf('test', values, positionals);
		const { junit, json, artifacts = null } = values;
		const isPrinted = json === standardOutput;
		if (junit !== undefined) checkReport('--junit', junit);
		if (json !== undefined && !isPrinted) checkReport('--json', json);
		const run = { system, command, artifacts, isJson: isPrinted };
		const result = await testSystem(machineBases(), run, streams);
		if (junit !== undefined) writeFileSync(junit, junitXml(result));
		const text = jsonText(result);
		if (isPrinted) streams.out.write(text);
		else if (json !== undefined) writeFileSync(json, text);
		if (result.failure !== null) streams.err.write(`slipway: ${result.failure}\n`);
		return result.exitCode;
	},
};
