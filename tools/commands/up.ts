// `slipway up`: builds a system, boots it in the background and waits until it is ready.

import { jsonText } from '../../native/text/json-text.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { findMachine } from '../machine/machine-state.ts';
import { bringUp } from '../options/bring-up.ts';
import { dockerRunOptions } from '../options/docker-options.ts';
import { machineJson, machineJsonOption } from '../options/machine-json.ts';
import { dirOption, systemOptions, systemOptionsOf } from '../options/system-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Builds the system that the YAML files describe, boots it in the background, waits until all its services run and prints
the addresses of their ports. A machine of that name that runs is powered off first: "up" again brings a change.`;

const notes = `The ports of readiness probes (ready: {tcp: 80}) and those that images expose are published on 127.0.0.1, under
their own number where that is free. --publish chooses others. "slipway stop" powers the machine off.`;

const upOptions = {
	...systemOptions,
	...dirOption,
	...machineJsonOption,
} as const satisfies OptionTable;

export const upCommand: Command = {
	name: 'up',
	summary: 'build and boot a system, and wait until it is ready',
	operands: 'FILE.yml...',
	operandsComplete: 'file',
	about,
	options: upOptions,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, upOptions, dockerRunOptions);
		const options = systemOptionsOf('up', values, positionals);
		const bases = machineBases();
		const shown = values.json ? { ...streams, out: streams.err } : streams;
		const { name } = await bringUp(bases, options, values.dir ?? '.', shown);
		if (values.json) streams.out.write(jsonText(machineJson(findMachine(bases, name))));
		return 0;
	},
};
