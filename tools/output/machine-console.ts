// The consoles on a kernel's command line, for the machines of a processor. Pure.

import { type Processor, usualConsole } from '../../supervisor/contract/processors.ts';

/**
 * Returns the command line for QEMU's machine, so that the same files boot on each processor: its console takes the place of the
 * usual one, and of one on the port that carries the machine's events.
 */
export function withConsole(commandLine: string, { console, events }: Processor): string {
	const isElsewhere = (word: string): boolean => {
		const named = consoleOf(word);
		return named === events || (named === usualConsole && console !== usualConsole);
	};
	const words = commandLine.split(/\s+/);
	if (!words.some(isElsewhere)) return commandLine;
	const isNamed = words.some((word) => consoleOf(word) === console);
	return words
		.flatMap((word) => {
			if (!isElsewhere(word)) return [word];
			return isNamed ? [] : [`console=${console}`];
		})
		.join(' ');
}

/**
 * Returns the command line for a medium, which also boots on hardware: where it names the usual console alone, the processor's is
 * added. The kernel leaves out a console that a machine does not have.
 */
export function withBothConsoles(commandLine: string, { console }: Processor): string {
	const words = commandLine.split(/\s+/);
	const last = words.findLastIndex((word) => consoleOf(word) === usualConsole);
	if (last === -1 || words.some((word) => consoleOf(word) === console)) return commandLine;
	return words.toSpliced(last + 1, 0, `console=${console}`).join(' ');
}

/** Returns `ttyS0` for `console=ttyS0,115200n8`. */
function consoleOf(word: string): string | null {
	return /^console=([^,]+)/.exec(word)?.[1] ?? null;
}
