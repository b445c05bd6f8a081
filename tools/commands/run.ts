// `slipway run`: boots a built system in QEMU.

import { jsonText } from '../../native/text/json-text.ts';
import { publishedBySystem } from '../explain/published-by-system.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { findMachine } from '../machine/machine-state.ts';
import { nameMachine } from '../machine/named-machine.ts';
import type { PublishedPort } from '../machine/published-port.ts';
import { runAttached, runDetached, runUntilReady } from '../machine/run-machine.ts';
import { systemName } from '../machine/system-files.ts';
import { machineJson } from '../options/machine-json.ts';
import { parseRunOptions, readyTimeoutSeconds, runOptions } from '../options/run-options.ts';
import { outputFormats } from '../output/formats.ts';
import type { Command } from '../terminal/command.ts';

const bootableFormats = outputFormats
	.filter(({ boot }) => boot !== null)
	.map(({ name }) => name)
	.join(', ');

const about = `Boots the system NAME in QEMU, which "slipway build" makes with --format
${bootableFormats}, or a medium such as NAME.iso.
The guest's console is shown; on a terminal you can type into it, and Ctrl-A X ends the machine. With --detach
the machine runs in the background: "slipway ps" lists it, "slipway console" shows its console, "slipway stop" ends it.`;

const notes = `Exit code: 0 after a clean power-off or halt, 1 when the boot failed, the time ran out or the guest panicked,
2 for wrong usage.`;

type Options = ReturnType<typeof parseRunOptions>;

/** Adds what `--publish auto` stands for, but for ports of the guest that are published otherwise. */
async function withServicePorts(options: Options): Promise<Options> {
	if (!options.publishesAll) return options;
	const { publish } = options;
	const all = await removingOnSignals(
		async (temporary) => await publishedBySystem(systemName(options.name), temporary),
	);
	const isThere = (port: PublishedPort): boolean =>
		publish.some(({ guestPort, protocol }) => guestPort === port.guestPort && protocol === port.protocol);
	return { ...options, publish: [...publish, ...all.filter((port) => !isThere(port))] };
}

export const runCommand: Command = {
	name: 'run',
	summary: 'boot a built system in QEMU',
	operands: 'NAME',
	operandsComplete: 'file',
	about,
	options: runOptions,
	notes,
	async run(args, streams) {
		const options = await withServicePorts(parseRunOptions(args));
		const { detach, json, untilReady, verbose, timeoutSeconds, machineName } = options;
		const bases = machineBases();
		const machine = describeMachine(options);
		const readyTimeoutMs = (timeoutSeconds ?? readyTimeoutSeconds) * 1000;
		const named = await nameMachine(bases, machineName, options, machine, !detach);
		if (detach) {
			const ready = untilReady ? { timeoutMs: readyTimeoutMs } : null;
			await runDetached(named, ready, json ? { ...streams, out: streams.err } : streams);
			if (json) {
				const started = machineJson(findMachine(bases, named.name));
				streams.out.write(jsonText(started));
			}
			return 0;
		}
		try {
			if (untilReady) await runUntilReady(named, readyTimeoutMs, verbose, streams);
			else await runAttached(named, timeoutSeconds, streams);
		} finally {
			named.close();
		}
		return 0;
	},
};
