// Runs one of the executable's programs (not PID 1) and reports its errors.

import { writeSync } from 'node:fs';
import { type Applet, AppletError, type AppletHost } from '../../pkg/applet/applet.ts';
import { loadNative } from '../executable/load-native.ts';

/**
 * Returns the exit code.
 *
 * @param write - writes text to a file descriptor: stdout (1) or stderr (2)
 */
export async function runProgram(
	name: string,
	load: () => Promise<Applet>,
	args: readonly string[],
	write: (fd: number, text: string) => void = writeSync,
): Promise<number> {
	const host: AppletHost = {
		native: loadNative,
		print: (line) => write(1, `${line}\n`),
		warn: (line) => write(2, `${name}: ${line}\n`),
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
