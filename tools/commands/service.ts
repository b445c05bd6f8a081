// `slipway service`: the guest's program `service`, from the host.

import { guestOptions, guestService, splitLeadingOptions } from '../options/guest-options.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { printableOutput } from '../terminal/printable-output.ts';

const about = `Runs the guest's program "service" and shows what it prints: the list of services without a word, else what
docs/guest.md says of "service status", "start", "stop", "restart", "reload", "wait", "events", "boot" and the others.
"slipway service help" lists them. Options for slipway stand before the first word.`;

const notes = `Exit code: that of "service" in the guest.
The way in is a port of the virtual machine: neither a network nor a key is needed.`;

export const serviceCommand: Command = {
	name: 'service',
	summary: "run the guest's service program: list, status, restart and more",
	operands: '[WORD...]',
	about,
	options: guestOptions,
	notes,
	async run(args, streams) {
		const { own, rest } = splitLeadingOptions(args, guestOptions);
		const { values } = readArguments(own, guestOptions);
		const [out, err] = [printableOutput(streams.out), printableOutput(streams.err)];
		return await guestService(values)({ args: rest, terminal: false, input: null, out, err });
	},
};
