// The options of the commands that talk to a guest that runs: which machine is meant, and the way to it.

import { type OptionValue, wrongValue, wrongVariable } from '../../supervisor/contract/option-values.ts';
import { type RunService, throughChannel } from '../control/run-service.ts';
import { throughSsh } from '../control/ssh-service.ts';
import { UsageError } from '../errors.ts';
import { machineBases, machineFiles } from '../machine/machine-directories.ts';
import { findRunningMachine } from '../machine/machine-state.ts';
import { type Option, type OptionTable, valueName } from '../terminal/option-table.ts';

export const guestOptions = {
	system: {
		short: 's',
		value: 'NAME',
		defaultText: 'the only one that runs',
		completes: 'running-machine',
		group: 'Machine',
		help: 'the machine, as "slipway ps" names it',
	},
	host: {
		short: 'H',
		value: 'ssh://USER@ADDRESS',
		group: 'Machine',
		help: 'a machine elsewhere, by the program ssh. There, the user must be able to run "service"',
	},
} as const satisfies OptionTable;

interface GuestChoice {
	readonly system: string | undefined;
	readonly host: string | undefined;
}

/** Returns the way to the guest's `service`. Throws a `UsageError` or `SlipwayError`. */
export function guestService({ system, host }: GuestChoice): RunService {
	if (host === undefined) {
		const { place } = findRunningMachine(machineBases(), system ?? null, '--system ');
		return throughChannel(machineFiles(place));
	}
	if (system !== undefined) throw new UsageError('--system and --host exclude each other.');
	return throughSsh(host);
}

/** Refuses a value that the guest's `service` would refuse, before a guest is asked. Throws `UsageError`. */
export function checkValue(option: string, text: string | undefined, value: OptionValue): void {
	if (text !== undefined && value.parse(text) === null) throw new UsageError(wrongValue(option, text, value));
}

/** Returns the guest's options of these variables. As in docker, a name alone has the value of this environment, or none is set. */
export function variableWords(texts: readonly string[]): readonly string[] {
	const wrong = wrongVariable('--env', texts);
	if (wrong !== null) throw new UsageError(wrong);
	return texts.flatMap((text) => {
		if (text.includes('=')) return [`--env=${text}`];
		const own = process.env[text];
		return own === undefined ? [] : [`--env=${text}=${own}`];
	});
}

/** Returns CMD of words such as `-- CMD...` or `CMD...`. */
export function commandOf(words: readonly string[]): readonly string[] {
	return words[0] === '--' ? words.slice(1) : words;
}

/** Splits words into the options before the first other word, and the rest. `--` ends the options, and is dropped. */
export function splitLeadingOptions(
	args: readonly string[],
	options: OptionTable,
): { readonly own: readonly string[]; readonly rest: readonly string[] } {
	const byName = new Map<string, Option>(
		Object.entries(options).flatMap(([name, option]) => {
			return option.short === undefined
				? [[`--${name}`, option]]
				: [
						[`--${name}`, option],
						[`-${option.short}`, option],
					];
		}),
	);
	let at = 0;
	for (; at < args.length; at += 1) {
		const word = args[at] ?? '';
		if (word === '--') return { own: args.slice(0, at), rest: args.slice(at + 1) };
		if (!word.startsWith('-') || word === '-') break;
		const option = byName.get(word);
		if (option !== undefined && valueName(option) !== null) at += 1;
	}
	return { own: args.slice(0, at), rest: args.slice(at) };
}
