// Runs one of the executable's programs but PID 1: gives it what it needs, tells what it throws.

import { writeSync } from 'node:fs';
import { type Applet, AppletError, type AppletHost } from '../pkg/applet.ts';
import { loadNative } from './load-native.ts';

/** Returns the exit code. */
export async function runProgram(
	name: string,
	load: () => Promise<Applet>,
	args: readonly string[],
): Promise<number> {
	const host: AppletHost = {
		native: loadNative,
		print: (line) => void writeSync(1, `${line}\n`),
		warn: (line) => void writeSync(2, `${name}: ${line}\n`),
	};
	try {
		const applet = await load();
		return await applet(args, host);
	} catch (error) {
		const isExpected = error instanceof AppletError;
		host.warn(isExpected ? error.message : String(error instanceof Error ? error.stack : error));
		return isExpected ? error.exitCode : 1;
	}
}
