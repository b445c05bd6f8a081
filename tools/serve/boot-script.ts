// The scripts of iPXE (ipxe.org/scripting): one that makes iPXE tell which machine it runs on, and the answer for that machine.

import { appendProblem } from './machines.ts';

/** COMMAND_LINE_SIZE of x86 and arm64 is 2048, with a NUL at the end. */
const maxCommandLineBytes = 2047;

export interface BootFiles {
	/** Paths on this server. */
	readonly kernel: string;
	readonly initrd: string;
	readonly commandLine: string;
}

/**
 * Asks for the script of the machine. `${netX/mac}` is the card that iPXE has used last; it is told with dashes,
 * because iPXE takes what is before a colon of a relative address for a scheme.
 *
 * @param server - `http://HOST:PORT`; empty when iPXE has this script over HTTP from the same server
 */
export function askingScript(server: string): string {
	const query = 'mac=${netX/mac:hexhyp}&uuid=${uuid}&platform=${platform}&arch=${buildarch}';
	return script(`chain --autofree ${server}/boot.ipxe?${query}`);
}

/** @param isEfi - the EFI stub of Linux takes its initrd by name */
export function bootScript({ kernel, initrd, commandLine }: BootFiles, isEfi: boolean): string {
	const name = isEfi ? `initrd=${initrd.split('/').at(-1)} ` : '';
	return script(`kernel ${kernel} ${name}${commandLine}`.trimEnd(), `initrd ${initrd}`, 'boot');
}

/** Shows the reason on the machine's screen, then leaves it to the firmware what to boot next. */
export function refusingScript(reason: string): string {
	const text = reason.replaceAll(/[^\x20-\x7e]|[$&|;>]/g, '?').slice(0, 200);
	return script(`echo Slipway: ${text}`, 'sleep 10', 'exit 1');
}

/** Returns why a command line can't stand in a script of iPXE, or null. */
export function commandLineProblem(commandLine: string): string | null {
	const isTooLong = Buffer.byteLength(commandLine) > maxCommandLineBytes;
	const problem = isTooLong
		? `It is longer than the ${maxCommandLineBytes} bytes that Linux reads.`
		: appendProblem(commandLine);
	return problem === null ? null : `the kernel command line can't be given by iPXE. ${problem}`;
}

function script(...lines: readonly string[]): string {
	return ['#!ipxe', ...lines, ''].join('\n');
}
